"""The catalogue with the overlay of this user, where there is one that can be read."""

from pathlib import Path

import pytest

from understudy.config.catalogue_file import known_catalogue, load_overlay, overlay_path
from understudy.config.loading import make_loader
from understudy.providers.facts import Source
from understudy.providers.overlay import DamagedOverlay, Laid, Overlay, write_overlay

SAID = Overlay(
    sources={"list": Source("https://list.example", "2026-11-25")},
    models={"openai": (Laid("gpt-99", "list", context_window=77),)},
)
CONFIG = """
[providers.openai]
key = "env:OPENAI_API_KEY"
[routes.r]
targets = ["openai/gpt-99"]
"""


def test_it_is_where_a_users_data_is():
    home, data = {"HOME": "/home/a"}, {"HOME": "/home/a", "XDG_DATA_HOME": "/data"}
    assert overlay_path(home) == Path("/home/a/.local/share/understudy/catalogue.json")
    assert overlay_path(data) == Path("/data/understudy/catalogue.json")
    assert overlay_path({**home, "XDG_DATA_HOME": "data"}) == overlay_path(home)
    assert overlay_path({**data, "UNDERSTUDY_CATALOGUE": "c.json"}) == Path("c.json")
    assert overlay_path({}) is None


def test_without_one_the_catalogue_is_as_it_ships_and_the_place_is_watched(tmp_path):
    path = tmp_path / "understudy" / "catalogue.json"
    known = known_catalogue({"XDG_DATA_HOME": str(tmp_path)})
    assert (known.files, known.warnings, known.overlay) == ((path,), (), Overlay())
    assert known_catalogue({}).files == ()


def test_a_damaged_one_is_left_out_and_warned_of(tmp_path):
    path = tmp_path / "c.json"
    path.write_text("{")
    known = known_catalogue({"UNDERSTUDY_CATALOGUE": str(path)})
    assert known.overlay == Overlay()
    assert known.files == (path,)
    assert str(path) in known.warnings[0]
    assert known_catalogue({"UNDERSTUDY_CATALOGUE": str(tmp_path)}).warnings  # a folder
    with pytest.raises(DamagedOverlay):
        load_overlay(path)


def test_one_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr("understudy.config.catalogue_file.LARGEST", 3)
    path = tmp_path / "c.json"
    path.write_text("{}  ")
    with pytest.raises(DamagedOverlay, match="more than 3"):
        load_overlay(path)


def test_a_configuration_is_read_with_it(tmp_path, monkeypatch):
    config, overlay = tmp_path / "understudy.toml", tmp_path / "c.json"
    config.write_text(CONFIG)
    monkeypatch.setenv("UNDERSTUDY_CATALOGUE", str(overlay))
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    load = make_loader(config)
    assert load().topology.targets["openai/gpt-99"].context_window is None
    overlay.write_bytes(write_overlay(SAID))
    settings = load()
    assert settings.topology.targets["openai/gpt-99"].context_window == 77
    assert settings.files == (config, overlay)
    overlay.write_text("nonsense")
    settings = load()
    assert settings.topology.targets["openai/gpt-99"].context_window is None
    assert str(overlay) in settings.warnings[0]
