"""A request for a count is a dialect of its own while it is served."""

import json

import pytest
from tests.dialects.gemini_generate.talk import ENDPOINT

from understudy.chat.events import Failed, Finished
from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.dialects.catalog import COUNTS, DIALECTS
from understudy.dialects.counting import GUESS, Counting
from understudy.wire.http import ResponseHead

(GEMINI,) = [each for each in COUNTS if each.chat is DIALECTS["gemini_generate"]]
PATH = "/v1beta/models/m:countTokens"
BODY = b'{"contents":[{"role":"user","parts":[{"text":"hi"}]}]}'
OK = ResponseHead(200, ((b"content-type", b"application/json"),))


def failure(fault: Fault, kind: str = "x", status: int = 400) -> Failure:
    return Failure(kind, fault, "d", Scope.NONE, Progress.SENT, "it died", status=status)


@pytest.fixture
def counting() -> Counting:
    return Counting(GEMINI, BODY, PATH)


@pytest.mark.parametrize("counts", COUNTS, ids=lambda counts: counts.chat.name)
def test_every_dialect_that_counts_reads_its_own_answer(counts) -> None:
    assert counts.answer is None or counts.total(counts.answer(1234)) == 1234
    assert not set(counts.paths) & set(counts.chat.chat_paths())


def test_it_is_asked_of_nobody_else_and_needs_nothing(counting: Counting) -> None:
    glance = counting.glance(BODY, PATH)
    assert (glance.model, glance.stream) == ("m", False)
    assert glance.pinned_by
    assert not glance.needs.capabilities
    assert counting.path(ENDPOINT, stream=False).endswith(":countTokens")
    assert counting.name == "gemini_generate"


@pytest.mark.parametrize(
    ("body", "is_good"),
    [
        (b'{"totalTokens":3}', True),
        (b"{}", False),
        (b'{"totalTokens":null}', False),
        (b'{"totalTokens":"many"}', False),
        (b"[3]", False),
        (b"", False),
        (b"<html>", False),
        (b'{"candidates":[]}', False),
    ],
)
def test_only_a_count_is_an_answer(counting: Counting, body: bytes, *, is_good: bool) -> None:
    decoder = counting.decoder(OK, stream=False)
    items = [*decoder.receive_data(body), *decoder.receive_eof()]
    end = items[-1].events[-1]
    assert isinstance(end, Finished if is_good else Failed)
    assert b"".join(item.raw for item in items) == body
    assert (counting.skim(OK, body) is not None) is is_good


def test_where_nobody_counts_it_is_guessed_and_marked(counting: Counting) -> None:
    for trouble in (
        failure(Fault.UPSTREAM, status=503),
        failure(Fault.CLIENT, "gateway.loss_rejected"),
        failure(Fault.CLIENT, "gateway.no_capable_target"),
    ):
        status, headers, body = counting.render_failure(trouble)
        assert (status, headers) == (200, GUESS)
        assert json.loads(body) == {"totalTokens": 5}


def test_the_callers_mistake_stays_one(counting: Counting) -> None:
    status, headers, body = counting.render_failure(failure(Fault.CLIENT))
    assert (status, json.loads(body)["error"]["message"]) == (400, "it died")
    assert headers != GUESS
    broken = Counting(GEMINI, b"{}", PATH)
    assert broken.render_failure(failure(Fault.UPSTREAM, status=503))[0] == 503
