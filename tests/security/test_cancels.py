"""T18, cross-talk after cancel: the proof in small, and that it would notice."""

import json

import pytest
from prove import cancels
from prove.client import CHAT, MESSAGES, ask

STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"


@pytest.mark.timeout(120)
def test_a_thousand_clients_that_leave_hear_nothing_of_others_and_leave_nothing() -> None:
    for row in cancels.rows(1_000):
        assert row.passed, row


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def frame(text: str, *, dialect: str = CHAT) -> bytes:
    if dialect == CHAT:
        return (
            b"data: " + json.dumps({"choices": [{"delta": {"content": text}}]}).encode() + b"\n\n"
        )
    said = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": text}}
    return b"event: content_block_delta\ndata: " + json.dumps(said).encode() + b"\n\n"


@pytest.mark.parametrize("dialect", [CHAT, MESSAGES])
def test_it_reads_what_was_heard_however_it_was_cut(dialect: str) -> None:
    frames = [frame(text, dialect=dialect) for text in ("Ace,", " act", " add")]
    whole = STREAM + chunk(frames[0] + frames[1]) + chunk(frames[2] + b"data: [DONE]\n\n")
    heard = {cancels.texts(whole[:cut]) for cut in range(len(STREAM), len(whole) + 1)}
    assert heard == {"", "Ace,", "Ace, act", "Ace, act add"}


def test_it_would_notice_another_answer() -> None:
    """Texts of two requests have not even their first word in common, or almost never."""
    mine, other = (
        ask("mixed", f"request {number} [tokens=24]", stream=True).expected for number in (1, 2)
    )
    assert mine != other
    assert not mine.startswith(other[:20])


def test_it_would_notice_memory_that_grows() -> None:
    steady = [(n, 50_000.0 + n % 3) for n in range(0, 100_000, 1000)]
    growing = [(n, 50_000.0 + 0.5 * n) for n, _ in steady]
    assert abs(cancels.slope_kib(steady)) < 5
    assert cancels.slope_kib(growing) == pytest.approx(5_000)
    assert cancels.slope_kib([]) == 0.0
