"""Paths, and the model in them."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.bedrock_converse.talk import ENDPOINT

from understudy.chat.errors import InvalidRequest
from understudy.dialects.bedrock_converse.address import read_path, write_path

ARN = "arn:aws:bedrock:us-east-1:012345678901:inference-profile/us.anthropic.claude-3"


@given(st.text(min_size=1, max_size=60))
def test_a_model_is_read_as_it_was_written(model: str) -> None:
    for stream in (True, False):
        path = write_path(msgspec.structs.replace(ENDPOINT, model=model), stream=stream)
        assert read_path(path) == (model, stream)


def test_an_arn_is_one_segment() -> None:
    path = write_path(msgspec.structs.replace(ENDPOINT, model=ARN), stream=True)
    assert path.count("/") == 3
    assert path.endswith("%2Fus.anthropic.claude-3/converse-stream")


def test_a_base_address_and_a_query_stay() -> None:
    endpoint = msgspec.structs.replace(ENDPOINT, path="/proxy/model/{model}/converse?x=1")
    assert write_path(endpoint, stream=True) == "/proxy/model/m/converse-stream?x=1"
    assert read_path("/proxy/model/a%3A0/converse?x=1") == ("a:0", False)


def test_clients_that_encode_less_are_understood() -> None:
    assert read_path("/model/us.amazon.nova-lite-v1:0/converse") == (
        "us.amazon.nova-lite-v1:0",
        False,
    )


def test_a_path_without_a_model_is_refused() -> None:
    assert read_path("") == ("", False)
    for path in ("/v1/messages", "/model/converse"):
        with pytest.raises(InvalidRequest):
            read_path(path)
