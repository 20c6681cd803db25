"""A loader reads the same thing each time; the first result is used once."""

from pathlib import Path

import pytest

from understudy.config.errors import ConfigError
from understudy.config.loading import Loader, first_then, make_loader
from understudy.config.settings import JournalSettings, Server, Settings
from understudy.routing.topology import Topology

TEXT = """
[providers.local]
kind = "vllm"
base_url = "http://127.0.0.1:8000/v1"
[routes.{}]
targets = ["local/m"]
"""


def test_a_loader_sees_an_edit_and_refuses_nonsense(tmp_path):
    path = tmp_path / "u.toml"
    path.write_text(TEXT.format("one"))
    load = make_loader(path)
    assert load == Loader(path)
    assert list(load().topology.routes) == ["one"]
    path.write_text(TEXT.format("two"))
    assert list(load().topology.routes) == ["two"]
    path.write_text("nonsense")
    with pytest.raises(ConfigError):
        load()


def test_the_command_lines_address_survives_a_reload(tmp_path):
    path = tmp_path / "u.toml"
    path.write_text(TEXT.format("one"))
    load = make_loader(path, "127.0.0.1:7")
    assert [load().server.listen.port for _ in range(2)] == [7, 7]


def test_without_any_file_the_environment_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("UNDERSTUDY_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    load = make_loader(None)
    assert load.path is None
    assert load().source == "environment"
    Path("understudy.toml").write_text(TEXT.format("one"))
    assert make_loader(None).path == Path("understudy.toml")


def test_the_first_settings_are_returned_once():
    first, second = (
        Settings(Server(), JournalSettings(), {}, Topology({}, {}), {}, source=name)
        for name in ("first", "second")
    )
    load = first_then(first, lambda: second)
    assert [load().source for _ in range(3)] == ["first", "second", "second"]
