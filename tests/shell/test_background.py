"""A gateway in a thread: begins, answers without a key, ends; and says so when it cannot."""

import threading
from pathlib import Path
from typing import cast

import pytest

from understudy.config.secret import KeyDigest
from understudy.config.settings import Caller, JournalSettings, Server, Settings
from understudy.routing.topology import Topology
from understudy.shell.background import Background, Request, Stopped
from understudy.shell.pipe import Broken

DIGEST = b"d" * 32
MODELS = b"GET /v1/models HTTP/1.1\r\nhost: x\r\n\r\n"


def settings(folder: Path) -> Settings:
    return Settings(
        Server(max_body_bytes=10),
        JournalSettings(path=folder / "journal.db"),
        {DIGEST: Caller("somebody", KeyDigest(DIGEST))},
        Topology({}, {}),
        {},
    )


def started(folder: Path) -> Background:
    made = settings(folder)
    return Background(made, lambda: made)


def ask(background: Background, request: Request) -> tuple[int, bytes]:
    """The whole answer."""
    came = threading.Event()
    background.ask(request)
    while (head := request.answer.head(came.set)) is None:
        assert came.wait(10)
        came.clear()
    body = b""
    while (data := request.answer.data(came.set)) != b"":
        if data is None:
            assert came.wait(10)
            came.clear()
        else:
            body += data
    return head.status, body


def test_it_answers_whoever_has_it_without_a_key(tmp_path):
    background = started(tmp_path)
    assert background.is_alive
    status, body = ask(background, Request(b"GET", MODELS, b""))
    assert status == 200
    assert b'"list"' in body
    background.close()


def test_it_refuses_as_a_server_does(tmp_path):
    background = started(tmp_path)
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 11\r\n\r\n"
    status, body = ask(background, Request(b"POST", head, b"x" * 11))
    assert (status, b"larger than 10 bytes" in body) == (413, True)
    background.close()


def test_once_closed_it_serves_no_more(tmp_path):
    background = started(tmp_path)
    background.close()
    background.close()
    assert not background.is_alive
    with pytest.raises(Stopped):
        background.ask(Request(b"GET", MODELS, b""))
    background.cancel(Request(b"GET", MODELS, b""))


def test_closing_cuts_what_is_in_progress(tmp_path):
    background = started(tmp_path)
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n"
    request = Request(b"POST", head, b"half")
    background.ask(request)
    background.close()
    with pytest.raises(Broken):
        request.answer.head(lambda: None)


def test_what_is_cancelled_before_its_turn_never_begins(tmp_path):
    background = started(tmp_path)
    request = Request(b"GET", MODELS, b"")
    request.cancel()
    background.ask(request)
    ask(background, Request(b"GET", MODELS, b""))
    assert request.answer.head(lambda: None) is None
    background.close()


def test_what_keeps_it_from_starting_is_told(tmp_path):
    made = settings(tmp_path)
    broken = Settings(made.server, made.journal, {}, cast("Topology", None), {})
    with pytest.raises(AttributeError):
        Background(broken, lambda: made)
