"""`serve` says what it is about to do, and refuses before it listens."""

from click.testing import CliRunner

from understudy.cli.main import cli
from understudy.cli.serve import SHOWN, summary
from understudy.config.settings import JournalSettings, Server, Settings
from understudy.routing.topology import Route, Topology


def settings(count: int) -> Settings:
    routes = {f"r{i}": Route(f"r{i}", ("a/x", "b/y")) for i in range(count)}
    return Settings(
        Server(),
        JournalSettings(),
        {},
        Topology({}, routes),
        {},
        source="u.toml",
    )


def test_the_summary_names_source_and_routes():
    assert list(summary(settings(1))) == [
        "understudy: settings from u.toml",
        "routes:",
        "  r0  a/x > b/y",
    ]


def test_many_routes_are_counted():
    lines = list(summary(settings(SHOWN + 3)))
    assert lines[-1] == "  and 3 more: see understudy check"
    assert len(lines) == SHOWN + 3


def test_an_open_door_is_refused_before_anything_listens(tmp_path):
    path = tmp_path / "u.toml"
    path.write_text(
        '[providers.v]\nkind = "vllm"\nbase_url = "http://127.0.0.1:8000/v1"\n'
        '[routes.a]\ntargets = ["v/m"]\n'
    )
    result = CliRunner().invoke(cli, ["serve", "-c", str(path), "--listen", "0.0.0.0:8080"])
    assert result.exit_code == 2
    assert "spend your money" in result.stderr
