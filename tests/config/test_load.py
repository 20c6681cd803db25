"""A file becomes settings; what is amiss in it is refused by name, what is risky is warned of."""

import os

import pytest

from tests.config.world import CANARY, CATALOGUE, ENVIRONMENT, TWO, only, read, refuse
from understudy.config.errors import ConfigError
from understudy.config.load import load
from understudy.config.values import Address
from understudy.routing.topology import OnBreak, OnLoss, Strategy


def test_a_file_becomes_settings(tmp_path):
    path = tmp_path / "understudy.toml"
    path.write_text(
        TWO + 'deadline = "1m"\non_break = "resume"\n'
        '[server]\nlisten = "127.0.0.1:8181"\nadmin = "off"\nmax_body_bytes = "1 MiB"\n'
        '[journal]\npath = "j.db"\nmax_age = "7d"\nredact = ["[0-9]{16}"]\n'
    )
    settings = load(path, ENVIRONMENT, catalogue=CATALOGUE)
    assert settings.server.listen == Address("127.0.0.1", 8181)
    assert settings.server.admin is None
    assert settings.server.max_body_bytes == 2**20
    assert settings.journal.path == tmp_path / "j.db"
    assert settings.journal.max_age == 7 * 86_400
    assert settings.journal.redact == ("[0-9]{16}",)
    route = settings.topology.routes["assistant"]
    assert route.targets == ("openai/gpt-5.2", "anthropic/claude-sonnet-5")
    assert (route.deadline, route.on_break) == (60.0, OnBreak.RESUME)
    assert settings.files == (path,)
    assert settings.source == str(path)
    assert settings.warnings == ()


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


def test_one_weight_for_a_target():
    head = TWO.partition("[routes")[0]
    route = '[routes.{}]\nstrategy = "weighted"\ntargets = [{{target = "openai/gpt-5.2", weight = {}}}]\n'
    settings = read(head + route.format("a", 3) + route.format("b", 3))
    assert settings.topology.targets["openai/gpt-5.2"].weight == 3
    problem = only(refuse(head + route.format("a", 3) + route.format("b", 4)))
    assert problem.path == "routes.b.targets[0]"
    assert "weight 4 for openai/gpt-5.2, but 3 in routes.a.targets[0]" in problem.found


def test_routes_with_no_plan_b_are_warned_of():
    settings = read(
        TWO + '[routes.one]\ntargets = ["openai/gpt-5.2"]\n'
        '[routes.lab]\ntargets = ["openai/gpt-5.2", "openai/gpt-5-mini"]\n'
    )
    assert settings.warnings == (
        "route one has no plan B: its only target is openai/gpt-5.2",
        "route lab has no plan B: all 2 targets stand in lab:openai, host:openai, account:openai, "
        "key:openai#1, edge:cloudflare",
    )


def test_models_that_retire_or_are_not_known_are_warned_of():
    settings = read(
        TWO + '[routes.b]\ntargets = ["openai/gpt-4-old", "anthropic/claude-sonet-5"]\n'
    )
    assert (
        "target openai/gpt-4-old retires on 2026-12-01, replaced by gpt-5-mini" in settings.warnings
    )
    unknown = next(each for each in settings.warnings if "claude-sonet-5" in each)
    assert 'did you mean "claude-sonnet-5"?' in unknown
    assert "[providers.anthropic.models.claude-sonet-5]" in unknown
    settings = read(
        TWO + "[providers.anthropic.models.claude-next]\n"
        '[routes.b]\ntargets = ["anthropic/claude-next", "openai/gpt-5.2"]\n'
    )
    assert settings.warnings == ()


def test_an_unused_provider_and_an_open_key_file_are_warned_of(tmp_path):
    (tmp_path / "key").write_text("secret-key\n")
    (tmp_path / "key").chmod(0o644)
    azure = (
        '[providers.azure]\nkind = "azure-openai"\nbase_url = "https://a.openai.azure.com"\n'
        'key = "file:key"\n'
    )
    settings = read(TWO + azure, tmp_path)
    assert any("provider azure is in no route" in each for each in settings.warnings)
    assert any("chmod 600" in each for each in settings.warnings)
    (tmp_path / "key").chmod(0o600)
    assert not any("chmod 600" in each for each in read(TWO + azure, tmp_path).warnings)


def test_the_command_line_may_say_where_to_listen(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text(TWO)
    assert load(path, ENVIRONMENT, catalogue=CATALOGUE, listen="[::1]:0").server.listen.port == 0
    for listen, path_of_problem in (("nonsense", "--listen"), ("0.0.0.0:80", "server.listen")):
        with pytest.raises(ConfigError) as caught:
            load(path, ENVIRONMENT, catalogue=CATALOGUE, listen=listen)
        assert only(list(caught.value.problems)).path == path_of_problem


def test_key_files_are_among_the_files_to_watch(tmp_path):
    (tmp_path / "openai.key").write_text(CANARY)
    path = tmp_path / "c.toml"
    path.write_text(TWO.replace("env:OPENAI_API_KEY", "file:openai.key"))
    settings = load(path, ENVIRONMENT, catalogue=CATALOGUE)
    assert settings.files == (path, tmp_path / "openai.key")
    assert settings.credential_lines("openai/gpt-5.2") == (
        f"authorization: Bearer {CANARY}\r\n".encode()
    )


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "is a directory"),
        (lambda path: path.write_bytes(b"a = 1\n# \xff\xfe"), "not UTF-8"),
        (lambda path: path.write_bytes(b"#" * (4 * 2**20 + 1)), "more than"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path, make, found):
    path = tmp_path / "c.toml"
    make(path)
    with pytest.raises(ConfigError, match=found) as caught:
        load(path, ENVIRONMENT, catalogue=CATALOGUE)
    assert str(path) in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text(TWO)
    path.chmod(0)
    with pytest.raises(ConfigError, match="permission denied"):
        load(path, ENVIRONMENT, catalogue=CATALOGUE)


def test_an_edit_into_nonsense_raises_the_same_error_on_reload(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text(TWO)
    load(path, ENVIRONMENT, catalogue=CATALOGUE)
    path.write_text(TWO + "\n[routes.assistant")
    with pytest.raises(ConfigError, match=r"c\.toml, line 11"):
        load(path, ENVIRONMENT, catalogue=CATALOGUE)
