"""Logs on stderr: text and JSON, one line for what did not go smoothly, and no secret."""

import errno
import io
import json
import logging
from collections.abc import Iterator
from contextlib import redirect_stderr

import pytest
import structlog
from typing_extensions import override

from tests.journal.entries import AT, entry, failed_over
from tests.shell.gateway import UPSTREAM_SECRET, gateway, request
from tests.shell.test_plane import good, run, saying
from understudy.journal.entry import RequestEntry
from understudy.shell.logs import LINES_PER_SECOND, RequestLog, configure, lend

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def lines(captured: Captured) -> list[dict[str, object]]:
    return [json.loads(line) for line in captured.readouterr().err.splitlines()]


def observed(captured: Captured, *entries: RequestEntry) -> list[dict[str, object]]:
    configure("json")
    log = RequestLog()
    for one in entries:
        log.observe(one)
    return lines(captured)


def test_json_is_one_object_a_line(capsys: Captured) -> None:
    configure("json")
    structlog.get_logger("x").info("serving", listen="127.0.0.1:80", text="two\nlines")
    (line,) = lines(capsys)
    assert line.pop("timestamp")
    assert line == {
        "event": "serving",
        "level": "info",
        "listen": "127.0.0.1:80",
        "text": "two\nlines",
    }


def test_text_is_for_people(capsys: Captured) -> None:
    configure("text")
    structlog.get_logger("x").warning("draining", in_progress=3)
    text = capsys.readouterr().err
    assert "draining" in text
    assert "in_progress=3" in text
    assert "\x1b" not in text, "no colours where nobody looks at a terminal"


def test_what_is_below_info_is_not_said(capsys: Captured) -> None:
    configure("json")
    structlog.get_logger("x").debug("details")
    assert lines(capsys) == []


def test_what_went_smoothly_is_not_said(capsys: Captured) -> None:
    rejected = entry(2, outcome="rejected", status=400)
    gone = entry(3, outcome="client_gone")
    assert observed(capsys, entry(1), rejected, gone) == []


def test_what_did_not_is_one_line_each(capsys: Captured) -> None:
    one, two, three, four = observed(
        capsys,
        failed_over(1),
        failed_over(2, seam=12),
        entry(3, outcome="failed", status=502),
        entry(4, outcome="cut"),
    )
    assert (one["event"], one["level"]) == ("failed over", "warning")
    assert one["tried"] == "there/large#2: any.overloaded > here/small: ok"
    assert one["route"] == "assistant"
    assert one["request_id"] == "us-test-1"
    assert (two["event"], two["seam"]) == ("answer continued elsewhere", 12)
    assert (three["event"], three["level"], three["status"]) == ("request failed", "error", 502)
    assert (four["event"], four["level"]) == ("request cut", "error")


def test_a_storm_is_counted_and_not_written_out(capsys: Captured) -> None:
    storm = [failed_over(number, at=AT) for number in range(LINES_PER_SECOND + 25)]
    said = observed(capsys, *storm, failed_over(99, at=AT + 5.0))
    assert len(said) == LINES_PER_SECOND + 2
    assert said[-2]["event"] == "more requests did not go smoothly"
    assert said[-2]["count"] == 25
    assert said[-1]["request_id"] == "us-test-63"


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_said(capsys: Captured, form) -> None:
    configure(form)
    log = RequestLog()

    async def scene() -> None:
        refusal = b'{"oops":"wrong key %b"}' % UPSTREAM_SECRET.encode()
        head = b"HTTP/1.1 401 No\r\ncontent-length: %d\r\n\r\n" % len(refusal)
        async with gateway(saying(head + refusal), good()) as gate:
            await gate.raw(request(key="sk-clients-own-key", turns=["private words"]))
            log.observe(await gate.settled())

    run(scene())
    said = capsys.readouterr().err
    assert "failed over" in said
    for secret in (UPSTREAM_SECRET, "sk-clients-own-key", "private words"):
        assert secret not in said


class Full(io.StringIO):
    """A file on a full disk."""

    @override
    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "no space left on device")


def test_a_log_that_cannot_be_written_stops_nobody() -> None:
    with redirect_stderr(Full()) as full:
        configure("json")
        log = structlog.get_logger("understudy")
        for say in (log.info, log.warning, log.error, log.critical):
            say("nobody will read this")
    assert full.getvalue() == ""


def test_inside_another_program_lines_go_where_its_own_go(caplog: pytest.LogCaptureFixture) -> None:
    structlog.reset_defaults()
    lend()
    with caplog.at_level(logging.INFO, "understudy"):
        structlog.get_logger("understudy.requests").warning("failed over", route="r")
    assert [record.getMessage() for record in caplog.records] == ["failed over route=r"]
    assert caplog.records[0].name == "understudy.requests"


def test_a_program_that_has_set_structlog_up_keeps_what_it_set() -> None:
    structlog.configure(processors=[structlog.processors.JSONRenderer()])
    before = structlog.get_config()
    lend()
    assert structlog.get_config() == before
