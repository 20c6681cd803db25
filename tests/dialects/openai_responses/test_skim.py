from typing import Any

import pytest
from tests.dialects.openai_responses.talk import (
    USAGE,
    call,
    dump,
    message,
    reasoning,
    response,
    whole,
)

from understudy.dialects.openai_responses.skim import skim

NO: dict[str, Any] = {"incomplete_details": None}


@pytest.mark.parametrize(
    "body",
    [
        response(message("x"), usage=USAGE, **NO),
        response(reasoning("hm", encrypted_content="e"), call("f", "{}"), **NO),
        response(message("x"), service_tier="priority", billing={"payer": "d"}, **NO),
    ],
)
def test_a_plain_answer_ends_as_the_decoder_says(body):
    found = skim(dump(body))
    assert found is not None
    assert found == whole(body)[-1]


@pytest.mark.parametrize(
    "body",
    [
        response(message("x"), status="incomplete", incomplete_details={"reason": "x"}),
        response(message("x"), status="queued", **NO),
        response(message("x"), **{**NO, "error": {"code": "c"}}),
        response(message(), **NO),
        response(reasoning("hm"), **NO),
        response(call("", "{}"), **NO),
        response({"type": "web_search_call", "id": "w"}, message("x"), **NO),
        response(message() | {"content": [{"type": "refusal", "refusal": "no"}]}, **NO),
        response(message("x")),
        {"output": 5},
    ],
)
def test_anything_else_is_for_the_decoder(body):
    assert skim(dump(body)) is None


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"x":"\xff"}'])
def test_what_cannot_be_read_is_too(body):
    assert skim(body) is None
