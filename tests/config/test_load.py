"""A file becomes settings; what is amiss in it is refused by name, what is risky is warned of."""

import os

import pytest
from tests.config.world import CANARY, CATALOGUE, ENVIRONMENT, TWO, only, read

from understudy.config.errors import ConfigError
from understudy.config.load import load
from understudy.config.values import Address
from understudy.routing.topology import OnBreak


def test_a_file_becomes_settings(tmp_path):
    path = tmp_path / "understudy.toml"
    path.write_text(
        TWO + 'deadline = "4m"\non_break = "restart"\n'
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
    assert (route.deadline, route.on_break) == (240.0, OnBreak.RESTART)
    assert settings.files == (path,)
    assert settings.source == str(path)
    assert settings.warnings == ()


def test_routes_with_no_plan_b_are_warned_of():
    settings = read(
        TWO + '[routes.one]\ntargets = ["openai/gpt-5.2"]\n'
        '[routes.lab]\ntargets = ["openai/gpt-5.2", "openai/gpt-5-mini"]\n'
    )
    assert settings.warnings == (
        "route one has no plan B: its only target is openai/gpt-5.2",
        "route lab has no plan B: all 2 targets stand in lab:openai, host:openai, account:openai, "
        "key:openai#1",
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


def test_a_route_that_records_without_a_journal_is_warned_of():
    record = TWO + "record = true\n[journal]\nenabled = false\n"
    assert read(record).warnings == (
        "route assistant: record is on, but journal.enabled is not: nothing is kept",
    )
