import json

import pytest
from tests.dialects.openai_responses.talk import (
    USAGE,
    completed,
    created,
    failure,
    frame,
    message,
    reasoning,
    response,
    streamed,
    whole,
)

from understudy.chat.events import Finished, Started, StopReason
from understudy.chat.response import fold
from understudy.chat.usage import Usage


def finished(body) -> Finished:
    last = whole(body)[-1]
    assert isinstance(last, Finished)
    return last


def test_it_begins_with_what_the_response_is():
    assert whole(response(message("x"), created_at=7.9))[0] == Started(
        "resp_0123456789abcdef", "m", 7
    )


def test_usage_is_read():
    assert finished(response(message("x"), usage=USAGE)).usage == Usage(
        5, 4, 1, 5, reasoning_tokens=2
    )


def test_what_repeats_the_request_is_not_kept_and_the_rest_is():
    body = response(message("x"), tools=[{"a": 1}], temperature=1, billing={"payer": "d"})
    fields = finished(body).fields
    assert fields is not None
    assert {name: json.loads(bytes(raw)) for name, raw in fields.items()} == {
        "openai_responses.billing": {"payer": "d"}
    }


def test_the_usual_tier_says_nothing():
    assert finished(response(message("x"), service_tier="default")).fields is None
    assert finished(response(message("x"), service_tier="priority")).fields is not None


def test_an_answer_of_nothing_is_none():
    assert failure(whole(response())).flag == "empty_200"
    assert failure(whole(response(reasoning("hm")))).flag == "empty_200"


def test_one_in_the_background_waits():
    assert finished(response(status="queued")).stop is StopReason.PAUSE


def test_a_stream_may_say_all_at_its_end():
    assert fold(streamed(created(), completed(message("x")))).text == "x"


def test_a_stream_may_begin_with_its_first_item():
    added = frame("response.output_item.added", output_index=0, item=message())
    done = frame("response.output_item.done", output_index=0, item=message("x"))
    assert fold(streamed(added, done, completed(message("x")))).text == "x"


@pytest.mark.parametrize(
    "frames",
    [
        [frame("response.function_call_arguments.delta", output_index=0, delta="x")],
        [created(), frame("response.function_call_arguments.delta", output_index=3, delta="x")],
        [
            created(),
            frame("response.output_item.added", output_index=0, item=message()),
            frame("response.output_item.added", output_index=0, item=message()),
        ],
        [
            created(),
            frame("response.output_item.added", output_index=0, item=reasoning()),
            frame("response.function_call_arguments.delta", output_index=0, delta="x"),
        ],
    ],
)
def test_what_is_said_of_nothing_is_out_of_order(frames):
    assert failure(streamed(*frames, completed(message("x")))).flag == "duplicate_or_out_of_order"
