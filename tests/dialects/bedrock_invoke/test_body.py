"""What all bodies of other labs have in common."""

import pytest
from tests.dialects.bedrock_invoke.bodies import DIALECT, request

from understudy.chat.errors import InvalidRequest
from understudy.dialects.bedrock_invoke.body import Address, frames_of, written


def test_a_body_is_known_again_by_its_mark() -> None:
    assert "bedrock_invoke.llama" in request({"prompt": "hi", "max_gen_len": 9}).extensions
    assert written({}, Address("m", stream=True)) == b'{"model":"m","stream":true}'


def test_the_end_of_a_stream_is_no_event() -> None:
    assert frames_of(b'data: {"a":1}\n\ndata: [DONE]\n\n') == [b'{"a":1}']


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"prompt":"hi","maxTokens":9}', "/model/ai21.j2-mid/invoke"),
        (b'{"max_tokens":9,"messages":[]}', "/model/anthropic.claude-x/invoke"),
        (b"{}", "/model/m/invoke"),
    ],
)
def test_what_is_nobodys_body_is_refused(body: bytes, path: str) -> None:
    with pytest.raises(InvalidRequest, match="found neither"):
        DIALECT.glance(body, path)
