"""The envelope: model and stream in the path, a version in the body."""

import json
from typing import Any

import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.dialects.bedrock_invoke.envelope import closed, opened, read_path, write_path
from understudy.dialects.toplevel import read_object

BODY: dict[str, Any] = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": []}
STREAM = "/model/a%3A0/invoke-with-response-stream"


def test_the_path_says_model_and_stream() -> None:
    assert read_path(STREAM) == ("a:0", True)
    assert read_path("/model/a:0/invoke") == ("a:0", False)
    assert read_path("/proxy/model/a/invoke?x=1") == ("a", False)
    assert read_path("") == ("", False)
    with pytest.raises(InvalidRequest):
        read_path("/v1/messages")
    endpoint = Endpoint("bedrock_invoke", "a:0", "/model/{model}/invoke", "aws")
    assert write_path(endpoint, stream=True) == STREAM
    assert write_path(endpoint, stream=False) == "/model/a%3A0/invoke"


def test_a_body_is_taken_out_and_put_in_again() -> None:
    body = json.dumps({**BODY, "anthropic_beta": ["x"]}).encode()
    inside, outside = opened(read_object(body), read_path(STREAM))
    assert json.loads(inside) == {"model": "a:0", "stream": True, "max_tokens": 9, "messages": []}
    assert set(outside) == {"anthropic_version", "anthropic_beta"}
    assert json.loads(closed(inside, outside)) == json.loads(body)
    assert json.loads(closed(inside, {})) == BODY


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ({"model": "m"}, "model"),
        ({"stream": True}, "stream"),
        ({"anthropic_version": None}, None),
    ],
)
def test_what_is_in_the_wrong_place_is_refused(more: dict[str, Any], where: str | None) -> None:
    body = json.dumps({**BODY, **more}).encode()
    if where is None:
        opened(read_object(body), read_path(STREAM))
        return
    with pytest.raises(InvalidRequest) as caught:
        opened(read_object(body), read_path(STREAM))
    assert caught.value.path == where


def test_a_body_without_a_version_is_another_labs() -> None:
    with pytest.raises(InvalidRequest, match="another lab"):
        opened(read_object(b'{"inputText":"hello"}'), read_path(STREAM))
