"""Routes: every target resolved, every option over the defaults."""

import pytest
from tests.config.world import TWO, only, read, refuse

from understudy.routing.topology import OnBreak, OnLoss, Policy, Strategy, Timeouts


def test_what_nobody_says_is_as_the_topology_has_it():
    route = read(TWO).topology.routes["assistant"]
    assert (route.strategy, route.deadline, route.max_attempts) == (Strategy.ORDERED, 600.0, 6)
    assert (route.on_break, route.on_loss, route.record) == (OnBreak.ERROR, OnLoss.WARN, False)
    assert (route.timeouts, route.policy) == (Timeouts(), Policy())


def test_defaults_hold_for_every_route_that_does_not_say_otherwise():
    settings = read(
        TWO
        + '[defaults]\non_loss = "reject"\nmax_attempts = 2\ntimeouts = {idle = 9, connect = 1}\n'
        'policy.require = {lab = ["openai", "anthropic"]}\n'
        '[routes.b]\ntargets = ["openai/gpt-5-mini"]\non_loss = "allow"\nstrategy = "weighted"\n'
        'timeouts.idle = 3\npolicy = {require = {host = "openai"}, max_price_output = 9.5}\n'
    )
    a, b = settings.topology.routes["assistant"], settings.topology.routes["b"]
    assert (a.on_loss, a.max_attempts, a.strategy) == (OnLoss.REJECT, 2, Strategy.ORDERED)
    assert (b.on_loss, b.max_attempts, b.strategy) == (OnLoss.ALLOW, 2, Strategy.WEIGHTED)
    assert (a.timeouts.idle, b.timeouts.idle, b.timeouts.connect) == (9.0, 3.0, 1.0)
    assert a.policy.require == {"lab": ("openai", "anthropic")}
    assert b.policy.require == {"lab": ("openai", "anthropic"), "host": ("openai",)}
    assert b.policy.max_price_output == 9.5


@pytest.mark.parametrize(
    ("target", "found", "expected", "hint"),
    [
        ("opnai/gpt-5.2", '"opnai/gpt-5.2"', "anthropic, openai", 'did you mean "openai/gpt-5.2"?'),
        ("gpt-5.2", '"gpt-5.2"', '"provider/model"', ""),
        ("openai/", '"openai/"', '"provider/model"', ""),
        ("azure-openai/x", "azure", "anthropic, openai", "[providers.azure-openai]"),
        ("openai/gpt-5.2#2", "key 2", "openai has 1 key", ""),
        ("openai/gpt-5.2#0", "key 0", "a number up to 1", ""),
        ("anthropic/claude-sonnet-5", "again", "once", ""),
        ("openai/gpt-5.2#1", "again", "once", ""),
    ],
)
def test_a_target_that_does_not_exist_is_refused(target, found, expected, hint):
    text = TWO.replace('"anthropic/claude-sonnet-5"]', f'"anthropic/claude-sonnet-5", "{target}"]')
    problem = only(refuse(text))
    assert problem.path == "routes.assistant.targets[2]"
    assert problem.line == 9
    assert found in problem.found
    assert expected in problem.expected
    assert hint in problem.hint


def test_no_route_and_no_target_are_refused():
    assert only(refuse("")).path == "routes"
    problem = only(refuse("[routes.a]\ntargets = []"))
    assert (problem.path, problem.found) == ("routes.a.targets", "an empty array")


def test_a_broken_provider_is_told_once_and_not_for_each_target():
    assert only(refuse(TWO.replace("OPENAI_API_KEY", "NOT_THERE"))).path == "providers.openai.key"


def test_each_route_weighs_its_targets_for_itself():
    head = TWO.partition("[routes")[0]
    route = (
        '[routes.{}]\nstrategy = "weighted"\n'
        'targets = [{{target = "openai/gpt-5.2", weight = {}}}, "anthropic/claude-sonnet-5"]\n'
    )
    routes = read(head + route.format("a", 3) + route.format("b", 4)).topology.routes
    assert routes["a"].weights == {"openai/gpt-5.2": 3, "anthropic/claude-sonnet-5": 1}
    assert routes["b"].weights == {"openai/gpt-5.2": 4, "anthropic/claude-sonnet-5": 1}
    assert read(TWO).topology.routes["assistant"].weights == {}


def test_a_weight_that_would_do_nothing_is_refused():
    text = TWO.replace('"openai/gpt-5.2"', '{ target = "openai/gpt-5.2", weight = 2 }')
    problem = only(refuse(text))
    assert problem.path == "routes.assistant.targets[0].weight"
    assert 'strategy = "weighted"' in problem.expected


def test_a_policy_that_leaves_nobody_is_refused():
    text = TWO + 'policy = { require = { region = ["eu", "ch"] } }\n'
    problem = only(refuse(text))
    assert (problem.path, problem.line) == ("routes.assistant.policy", 10)
    assert "region is missing, allowed: eu, ch" in problem.hint
    dear = only(refuse(TWO + "policy = { max_price_output = 1 }\n"))
    assert "output costs 14 $" in dear.hint
    read(TWO + "policy = { max_price_output = 14.5 }\n")


def test_a_standby_is_off_unless_set_and_by_order_only():
    assert read(TWO).topology.routes["assistant"].standby == 0.0
    by_weight = '[routes.b]\nstrategy = "weighted"\ntargets = ["openai/gpt-5-mini"]\n'
    routes = read(TWO + "[defaults]\nstandby = 0.03\n" + by_weight).topology.routes
    assert (routes["assistant"].standby, routes["b"].standby) == (0.03, 0.0)
    problem = only(refuse(TWO + by_weight + "standby = 0.03"))
    assert problem.path == "routes.b.standby"
    assert "ordered" in problem.expected
