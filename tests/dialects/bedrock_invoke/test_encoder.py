"""Events to binary messages."""

import json

from tests.dialects.bedrock_invoke.test_decoder import FULL, events

from understudy.chat.events import Finished, StopReason
from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.chat.request import Request
from understudy.chat.response import fold, unfold
from understudy.dialects.bedrock_invoke.chunks import METRICS, OWN
from understudy.dialects.bedrock_invoke.encoder import without_metrics
from understudy.dialects.catalog import DIALECTS
from understudy.wire.eventstream import EventStreamDecoder

DIALECT = DIALECTS["bedrock_invoke"]
FAILURE = Failure("x", Fault.UPSTREAM, "host", Scope.HOST, Progress.STREAMING, "it died")


def test_a_stream_is_read_as_it_was_written_metrics_included() -> None:
    encoder = DIALECT.encoder(Request("m", (), stream=True))
    written = b"".join(encoder.send(event) for event in events(FULL))
    assert events(written) == events(FULL)
    assert encoder.losses == []
    assert encoder.remark(b"a") == b""


def test_a_whole_body_is_that_of_the_dialect_inside() -> None:
    encoder = DIALECT.encoder(Request("m", ()))
    response = fold(events(FULL))
    said, _ = without_metrics(response.finished)
    body = b"".join(encoder.send(event) for event in [*list(unfold(response))[:-1], said])
    assert json.loads(body)["content"] == [{"type": "text", "text": "hi there"}]
    assert json.loads(encoder.abort(FAILURE)) == {"message": "it died"}
    assert encoder.remark(b"a") == b""


def test_a_stream_ends_as_an_exception() -> None:
    encoder = DIALECT.encoder(Request("m", (), stream=True))
    (message,) = EventStreamDecoder().receive_data(encoder.abort(FAILURE))
    assert message.header(":exception-type") == "internalServerException"


def test_an_end_without_metrics_stays_as_it_is() -> None:
    finished = Finished(StopReason.END)
    assert without_metrics(finished) == (finished, None)
    assert OWN + METRICS == "bedrock_invoke.amazon-bedrock-invocationMetrics"
