"""Model and streaming in the path."""

import pytest
from msgspec.structs import replace
from tests.dialects.gemini_generate.talk import ENDPOINT

from understudy.chat.errors import InvalidRequest
from understudy.dialects.gemini_generate.address import (
    is_array,
    is_as_events,
    read_path,
    write_path,
)

VERTEX = "/v1/projects/p/locations/global/publishers/google/models/"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/v1beta/models/gemini-2.5-pro:generateContent", ("gemini-2.5-pro", False)),
        ("/v1/models/gemini-2.5-pro:streamGenerateContent?alt=sse", ("gemini-2.5-pro", True)),
        (VERTEX + "gemini-3-pro:generateContent", ("gemini-3-pro", False)),
        (VERTEX + "gemini-3-pro:streamGenerateContent?alt=sse", ("gemini-3-pro", True)),
        ("/v1beta/models/lab%2Fx:generateContent", ("lab/x", False)),
        ("/base/v1/publishers/google/models/m:generateContent", ("m", False)),
    ],
)
def test_a_path_says_the_model_and_whether_to_stream(path: str, found: tuple[str, bool]) -> None:
    assert read_path(path) == found


def test_without_a_path_the_body_may_say_it() -> None:
    assert read_path("", "models/m") == ("m", False)
    assert read_path("") == ("", False)
    with pytest.raises(InvalidRequest):
        read_path("/v1beta/models")


def test_a_model_is_filled_in() -> None:
    assert write_path(ENDPOINT, stream=False) == "/v1beta/models/gemini-2.5-flash:generateContent"
    streamed = "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
    assert write_path(ENDPOINT, stream=True) == streamed
    odd = replace(ENDPOINT, model="models/a b?", path=ENDPOINT.path + "?key=1")
    assert write_path(odd, stream=True) == (
        "/v1beta/models/a%20b%3F:streamGenerateContent?key=1&alt=sse"
    )


def test_what_is_written_is_read() -> None:
    for model in ("gemini", "lab/x", "ü:y"):
        endpoint = replace(ENDPOINT, model=model)
        assert read_path(write_path(endpoint, stream=True)) == (model, True)


@pytest.mark.parametrize(
    ("path", "as_events"),
    [("/x?alt=sse", True), ("/x?%24alt=sse&key=1", True), ("/x", False), ("/x?alt=json", False)],
)
def test_a_stream_is_events_or_an_array(path: str, *, as_events: bool) -> None:
    assert is_as_events(path) is as_events
    assert not is_array(path)
    method = path.replace("/x", "/v1beta/models/m:streamGenerateContent")
    assert is_array(method) is not as_events
