"""The dialect as others see it."""

import json

import pytest
from tests.dialects.anthropic_messages.talk import body, dump, parsed

from understudy.chat.events import Failed, Finished
from understudy.dialects.anthropic_messages import DIALECT
from understudy.dialects.base import Dialect, Edits
from understudy.dialects.catalog import DIALECTS
from understudy.wire.http import ResponseHead

ASKED = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}


def test_it_is_in_the_catalog():
    dialect: Dialect = DIALECT
    assert DIALECTS["anthropic_messages"] is dialect


def test_edits_leave_every_other_byte():
    data = json.dumps({**ASKED, "x": '"model": "m"'}, indent=1).encode()
    assert DIALECT.edit_request(data, Edits("m")) == data
    assert json.loads(DIALECT.edit_request(data, Edits("n"))) == {**json.loads(data), "model": "n"}
    renamed = DIALECT.edit_request(data, Edits("m", renames={"max_tokens": "limit"}))
    assert renamed == data.replace(b'"max_tokens"', b'"limit"')
    assert DIALECT.edit_request(dump(ASKED), Edits("m", ask_usage=True)) == dump(ASKED)


@pytest.mark.parametrize(
    ("kind", "stream", "flag"),
    [
        (b"text/html; charset=utf-8", True, "html_body"),
        (b"text/html", False, "html_body"),
        (b"application/json", True, "unparsable_chunk"),
        (b"application/json", False, None),
        (b"", False, None),
    ],
)
def test_the_decoder_knows_what_it_was_sent(kind, stream, flag):
    head = ResponseHead(200, ((b"content-type", kind),))
    decoder = DIALECT.decoder(head, stream=stream)
    data = b"x" if kind.startswith(b"text/html") else body([{"type": "text", "text": "x"}])
    items = [*decoder.receive_data(data), *decoder.receive_eof()]
    last = items[-1].events[-1]
    assert isinstance(last, Finished if flag is None else Failed)
    if isinstance(last, Failed):
        assert last.signal.flag == flag


def test_the_encoder_follows_the_request():
    streamed = dict(DIALECT.encoder(parsed(stream=True)).head())[b"content-type"]
    whole = dict(DIALECT.encoder(parsed()).head())[b"content-type"]
    assert streamed.startswith(b"text/event-stream")
    assert whole == b"application/json"


def test_models_are_listed():
    page = json.loads(DIALECT.render_models(["a", "b"]))
    assert [model["id"] for model in page["data"]] == ["a", "b"]
    assert (page["has_more"], page["first_id"], page["last_id"]) == (False, "a", "b")
    assert json.loads(DIALECT.render_models([]))["first_id"] is None


def test_where_and_how_clients_ask():
    assert "/v1/messages" in DIALECT.chat_paths()
    assert b"anthropic-beta" in DIALECT.forwarded_headers()


def test_one_model_is_as_in_the_list() -> None:
    page = json.loads(DIALECT.render_models(["a", "b"]))
    assert json.loads(DIALECT.render_model("b")) == page["data"][1]
