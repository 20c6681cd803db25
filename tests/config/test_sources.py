"""Secrets come from the environment and from files, whole or not at all."""

import os
from pathlib import Path

import pytest

from understudy.config.errors import Unfit
from understudy.config.sources import Surroundings, is_open_to_all, path_of, read_secret
from understudy.config.values import SecretSource

CANARY = "sk-canary-5f2b9c1e7d3a4f60b8c1"


def read(source, folder=Path("/nowhere"), **environment):
    return read_secret(SecretSource.parse(source), Surroundings(environment, folder)).reveal()


def test_a_secret_is_read_without_the_space_around_it(tmp_path):
    (tmp_path / "key").write_text(f"  {CANARY}\r\n")
    assert read("file:key", tmp_path) == CANARY
    assert read(f"file:{tmp_path}/key") == CANARY
    assert read("env:A", A=f"{CANARY}\n") == CANARY


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (CANARY.encode() + b"\nsecond line", "spaces, line breaks"),
        (CANARY.encode() + b"\x00", "spaces, line breaks"),
        (CANARY.encode() + "é".encode(), "beyond ASCII"),
        (CANARY.encode() + b"\xff", "is not text"),
        (CANARY.encode() * 10_000, "is larger than"),
    ],
)
def test_a_file_that_is_no_key_is_refused_without_being_shown(tmp_path, content, found):
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(Unfit, match=found) as caught:
        read("file:key", tmp_path)
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Unfit, match="no such file") as caught:
        read("file:nope/key", tmp_path)
    assert "nope/key" in caught.value.found
    assert "relative path" in caught.value.hint
    with pytest.raises(Unfit, match="is a directory"):
        read("file:.", tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path):
    (tmp_path / "key").write_text(CANARY)
    (tmp_path / "key").chmod(0)
    with pytest.raises(Unfit, match="permission denied"):
        read("file:key", tmp_path)


def test_a_variable_that_is_not_set_is_named_with_the_one_that_was_meant():
    with pytest.raises(Unfit, match="OPENAI_KEY is not set") as caught:
        read("env:OPENAI_KEY", OPENAI_API_KEY=CANARY)
    assert caught.value.hint == 'did you mean "OPENAI_API_KEY"?'
    with pytest.raises(Unfit, match="env:A is empty"):
        read("env:A", A="")


def test_paths_start_at_the_folder_and_know_home(tmp_path):
    around = Surroundings({}, tmp_path)
    assert path_of(SecretSource("file", "a"), around) == tmp_path / "a"
    assert path_of(SecretSource("file", "/a"), around) == Path("/a")
    assert path_of(SecretSource("file", "~/a"), around) == Path("~/a").expanduser()


def test_who_else_may_read_a_file_is_known(tmp_path):
    path = tmp_path / "key"
    path.touch(0o600)
    assert not is_open_to_all(path)
    path.chmod(0o644)
    assert is_open_to_all(path)
    assert not is_open_to_all(tmp_path / "nope")
