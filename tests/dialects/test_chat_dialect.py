"""What dialects of chat have in common."""

import pytest

from understudy.chat.endpoint import Endpoint
from understudy.dialects.catalog import CHATS
from understudy.dialects.chat_dialect import ChatDialect
from understudy.wire.http import ResponseHead

DIALECTS = [each for each in CHATS.values() if isinstance(each, ChatDialect)]
JSON = ResponseHead(200, ((b"content-type", b"application/json"),))
PAGE = ResponseHead(200, ((b"content-type", b"text/html"),))
USUAL = next(each for each in DIALECTS if each.name == "cohere_chat")


def test_the_eight_apis_of_chat_are_made_on_it() -> None:
    assert len(DIALECTS) == 8


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
@pytest.mark.parametrize("stream", [False, True])
def test_a_page_is_no_answer(dialect: ChatDialect, stream: bool) -> None:
    decoder = dialect.decoder(PAGE, stream=stream)
    said = [*decoder.receive_data(b"<p>welcome</p>"), *decoder.receive_eof()]
    assert "html_body" in str(said[-1].events)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
def test_only_json_is_skimmed(dialect: ChatDialect) -> None:
    assert dialect.skim(PAGE, b"{}") is None
    assert dialect.skim(JSON, b"[]") is None


def test_all_is_in_the_body_and_one_path_serves_all() -> None:
    endpoint = Endpoint("t", "m", "/here", "someone")
    assert {USUAL.path(endpoint, stream=stream) for stream in (False, True)} == {"/here"}
    assert USUAL.chat_paths() == USUAL.paths
    assert USUAL.forwarded_headers() == USUAL.forwarded
