"""A model's file in a configuration: what starts it, where it is asked, and why it is refused."""

import sys
from pathlib import Path

import pytest
from tests.local.gguf import WIDTH, write_model

from understudy.config.engine import OVERHEAD, EngineBuilder, half_of_memory, look_at, wrapped
from understudy.config.errors import ConfigError, Problem
from understudy.config.load import load
from understudy.config.schema import ProviderTable
from understudy.config.schema_engine import EngineTable
from understudy.config.settings import Settings
from understudy.config.values import BaseUrl, ByteCount, Seconds
from understudy.providers.gguf import NotGguf
from understudy.routing.poison import is_own

CONFIG = """
[providers.primary]
kind = "vllm"
base_url = "http://127.0.0.1:8000/v1"
[providers.floor]
kind = "local"
model_file = "m.gguf"
engine = { ENGINE }
[routes.r]
targets = ["primary/m", "floor/tiny"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_model(tmp_path / "m.gguf")
    return tmp_path


def loaded(folder: Path, engine: str = "") -> Settings:
    path = folder / "understudy.toml"
    path.write_text(CONFIG.replace("ENGINE", engine))
    return load(path, {})


def problems(folder: Path, table: ProviderTable, *, has_library: bool = True) -> list[Problem]:
    builder = EngineBuilder(folder, lambda: has_library)
    builder.prepare("local", table)
    assert builder.engines == []
    return builder.problems


def test_a_file_becomes_an_engine_and_a_target_like_any_other(folder):
    settings = loaded(
        folder, 'memory = "1 GiB", context = 512, parallel = 2, threads = 3, cool_after = 9'
    )
    (engine,) = settings.engines
    target = settings.topology.targets["floor/tiny"]
    assert engine.origin == target.origin
    assert target.origin.host.startswith("engine-floor-")
    assert is_own(target.origin)
    assert target.endpoint.path == "/v1/chat/completions"
    assert target.connect == engine.start_within == 60.0
    assert settings.topology.targets["primary/m"].connect is None
    assert engine.memory == 2**30
    assert (engine.warm, engine.cool_after) == ("amber", 9.0)
    assert engine.command == (
        *("--model", str(folder / "m.gguf"), "--host", "127.0.0.1"),
        *("--ctx-size", "1024", "--parallel", "2", "--threads", "3"),
    )
    assert settings.warnings == ()
    assert settings.notes == (
        f"provider floor serves {folder / 'm.gguf'}, at most 1,024 MiB, warm: amber",
    )
    assert loaded(folder).engines[0].memory == half_of_memory()


def test_two_engines_have_two_addresses(folder):
    builder = EngineBuilder(folder)
    table = ProviderTable(kind="local", model_file="m.gguf")
    for name in ("a b", "a-b", "-"):
        builder.prepare(name, table)
    assert len({engine.origin for engine in builder.engines}) == 3
    assert builder.problems == []


def test_a_program_of_ones_own_is_found_on_the_path(folder, monkeypatch):
    program = folder / "llama-server"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    builder = EngineBuilder(folder, lambda: False)
    engine = EngineTable(program="llama-server")
    builder.prepare("local", ProviderTable(model_file="m.gguf", engine=engine))
    (made,) = builder.engines
    command = wrapped(made.command, 7, 8)
    assert command[:5] == (sys.executable, "-m", "understudy.cli.local_engine", "--memory", "7")
    assert command[5] == str(program)
    assert command[-2:] == ("--port", "8")


def test_what_does_not_fit_is_refused_with_what_it_needs(folder):
    size = (folder / "m.gguf").stat().st_size
    needed = size + 4 * WIDTH * 4096 + OVERHEAD
    for memory, fits in ((needed, True), (needed - 1, False)):
        builder = EngineBuilder(folder)
        engine = EngineTable(memory=ByteCount(memory))
        builder.prepare("local", ProviderTable(model_file="m.gguf", engine=engine))
        assert bool(builder.engines) == fits
        assert [problem.path for problem in builder.problems] == (
            [] if fits else ["providers.local.engine.memory"]
        )
    with pytest.raises(ConfigError, match=r"m\.gguf with its context needs"):
        loaded(folder, 'memory = "100 MiB"')


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"<html>not found</html>", "found     .*m.gguf: b'<htm' at its beginning"),
        (b"", "an empty file"),
        (None, "no such file"),
    ],
)
def test_a_file_that_is_no_model_is_told_before_anything_starts(folder, content, found):
    path = folder / "m.gguf"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=found) as caught:
        loaded(folder)
    assert "providers.floor.model_file" in str(caught.value)


def test_a_download_that_was_cut_short_is_told(folder):
    path = folder / "m.gguf"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ConfigError, match="cut short"):
        loaded(folder)
    with pytest.raises(NotGguf):
        look_at(path)


def test_without_anything_to_serve_it_what_to_install_is_said(folder):
    table = ProviderTable(model_file="m.gguf")
    (told,) = problems(folder, table, has_library=False)
    assert "understudy[local]" in told.hint
    missing = EngineTable(program="no-such-program")
    (told,) = problems(folder, ProviderTable(model_file="m.gguf", engine=missing))
    assert told.path == "providers.local.engine.program"


def test_a_table_that_contradicts_itself_is_told(folder):
    (told,) = problems(folder, ProviderTable())
    assert told.path == "providers.local"
    url = BaseUrl.parse("http://127.0.0.1:1/v1")
    builder = EngineBuilder(folder)
    builder.prepare("local", ProviderTable(base_url=url, model_file="m.gguf"))
    assert [problem.path for problem in builder.problems] == ["providers.local.base_url"]
    builder = EngineBuilder(folder)
    table = ProviderTable(kind="vllm", base_url=url, model_file="m.gguf")
    assert builder.prepare("x", table) is table
    assert [problem.path for problem in builder.problems] == ["providers.x.model_file"]


def test_a_floor_that_lies_too_deep_is_warned_of(folder):
    assert list(loaded(folder).warnings) == []
    path = folder / "understudy.toml"
    path.write_text(path.read_text() + "max_attempts = 1\n")
    (warning,) = load(path, {}).warnings
    assert "route r: max_attempts is 1, so floor/tiny is asked only once" in warning
    assert "2 would reach it" in warning


def test_times_come_along(folder):
    builder = EngineBuilder(folder)
    engine = EngineTable(start_within=Seconds(5), warm="always")
    builder.prepare("local", ProviderTable(model_file="m.gguf", engine=engine))
    assert (builder.engines[0].start_within, builder.engines[0].warm) == (5.0, "always")
