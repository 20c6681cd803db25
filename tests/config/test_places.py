"""The configuration is the named file, else the first that exists in the usual places."""

from pathlib import Path

from understudy.config.places import find_config


def test_the_usual_places_come_in_order(tmp_path):
    here, home, xdg = tmp_path / "here", tmp_path / "home", tmp_path / "xdg"
    of_home = home / ".config" / "understudy" / "understudy.toml"
    of_xdg = xdg / "understudy" / "understudy.toml"
    environment = {"HOME": str(home)}
    for folder in (here, of_home.parent, of_xdg.parent):
        folder.mkdir(parents=True)
    assert find_config(None, environment, here) is None
    of_home.touch()
    assert find_config(None, environment, here) == of_home
    of_xdg.touch()
    environment["XDG_CONFIG_HOME"] = str(xdg)
    assert find_config(None, environment, here) == of_xdg
    (here / "understudy.toml").touch()
    assert find_config(None, environment, here) == here / "understudy.toml"


def test_what_is_named_is_taken_whether_or_not_it_exists(tmp_path):
    environment = {"UNDERSTUDY_CONFIG": "/nowhere/a.toml"}
    assert find_config(None, environment, tmp_path) == Path("/nowhere/a.toml")
    assert find_config(Path("b.toml"), environment, tmp_path) == Path("b.toml")
    assert find_config(None, {"UNDERSTUDY_CONFIG": ""}, tmp_path) is None
