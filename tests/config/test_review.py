"""What all targets of a route stand in fails with the route, and is said."""

from tests.config.world import read

from understudy.config.review import no_plan_b, review, same_edge, shared_domains

PROVIDERS = """
[providers.openai]
key = "env:OPENAI_API_KEY"
[providers.anthropic]
key = "env:ANTHROPIC_API_KEY"
[providers.azure]
kind = "azure-openai"
base_url = "https://a.example"
key = "env:AZURE_KEY"
[providers.cf]
kind = "openai-compatible"
base_url = "https://b.example"
edge = "cloudflare"
"""


def topology(*targets, options=""):
    names = ", ".join(f'"{target}"' for target in targets)
    return read(PROVIDERS + f"[routes.a]\ntargets = [{names}]\n{options}").topology


def test_targets_with_nothing_in_common_are_a_plan_b():
    got = topology("openai/gpt-5.2", "anthropic/claude-sonnet-5")
    assert shared_domains(got.routes["a"], got) == ()
    assert no_plan_b(got.routes["a"], got) is None
    assert list(review(got)) == []


def test_one_target_has_no_plan_b():
    got = topology("openai/gpt-5.2")
    assert no_plan_b(got.routes["a"], got) == "its only target is openai/gpt-5.2"


def test_another_host_of_the_same_lab_is_no_plan_b_against_the_lab():
    got = topology("openai/gpt-5.2", "azure/gpt-5.2")
    assert [str(domain) for domain in shared_domains(got.routes["a"], got)] == ["lab:openai"]
    assert list(review(got)) == ["route a has no plan B: all 2 targets stand in lab:openai"]


def test_a_common_network_edge_is_named_although_there_is_a_plan_b():
    got = topology("openai/gpt-5.2", "cf/m")
    assert no_plan_b(got.routes["a"], got) is None
    assert same_edge(got.routes["a"], got) is not None
    assert list(review(got)) == [
        "route a: all 2 targets are behind cloudflare: without it nobody answers"
    ]


def test_a_target_that_the_policy_forbids_is_no_plan_b():
    got = topology(
        "openai/gpt-5.2",
        "anthropic/claude-sonnet-5",
        options='policy = { require = { lab = "openai" } }',
    )
    assert no_plan_b(got.routes["a"], got) == "its only target is openai/gpt-5.2"


def test_a_route_that_could_never_resume_is_warned_of():
    options = 'on_break = "resume"'
    got = topology("openai/gpt-5.2", "anthropic/claude-sonnet-5", options=options)
    assert list(review(got)) == [
        "route a: on_break is resume, but no target of it can take a prefill"
    ]
    able = '\n[providers.cf.models.m]\ncapabilities = ["prefill"]\n[providers.cf.labels]\na = "b"'
    got = topology("anthropic/claude-sonnet-5", "cf/m", options=options + able)
    assert list(review(got)) == []


def test_a_deadline_that_one_silent_target_uses_up_is_named():
    both = ("openai/gpt-5.2", "anthropic/claude-sonnet-5")
    got = topology(*both, options="deadline = 60")
    assert list(review(got)) == [
        "route a: timeouts.answer (180 s) is not below the deadline (60 s): "
        "when a target is silent so long, no other is asked"
    ]
    got = topology(*both, options="deadline = 30")
    assert list(review(got)) == [
        "route a: timeouts.first_token (30 s) and timeouts.answer (180 s) are not below the "
        "deadline (30 s): when a target is silent so long, no other is asked"
    ]
    got = topology(*both, options="deadline = 60\ntimeouts = { answer = 40 }")
    assert list(review(got)) == []
    got = topology(both[0], options="deadline = 60")
    assert not any("deadline" in said for said in review(got))
