"""A request that names an earlier answer is written out in full; an answer is kept on its way."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shell.conversing import (
    EVENTS,
    FETCHED,
    JSON,
    NAME,
    SAID,
    Listener,
    answer,
    asked,
    conversations,
    dump,
    page,
    says,
)
from understudy.chat.failure import Failure
from understudy.shell.conversations import Conversations, Keeping, Opened, opened_up
from understudy.shell.turn_store import Bounds, TurnStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[TurnStore]:
    made = TurnStore(tmp_path / "c.db", Bounds(every=0.01))
    yield made
    made.close(5.0)


@pytest.fixture
def kept(store: TurnStore) -> Conversations:
    return conversations(store)


def test_a_conversation_is_written_out_in_full(kept: Conversations) -> None:
    asked(kept, {"input": "one"}, answer("r1", says("a")))
    asked(kept, {"input": "two", "previous_response_id": "r1"}, answer("r2", says("b")))
    body = asked(kept, {"input": "three", "previous_response_id": "r2"})
    assert [item["content"] for item in body["input"]] == [
        "one",
        says("a")["content"],
        "two",
        says("b")["content"],
        "three",
    ]
    assert body["previous_response_id"] is None


def test_all_passes_on_as_it_came(kept: Conversations) -> None:
    listener = Listener()
    opened = kept.open(NAME, "me", dump({"input": "x"}), listener)
    assert not isinstance(opened, Failure)
    client = opened.client
    assert isinstance(client, Keeping)
    client.send_head(200, EVENTS, None)
    client.send_data(b"data: {}\n\n")
    client.flush()
    client.answered(clean=False)
    assert listener.said == [(200, EVENTS, None), b"data: {}\n\n", "flush", False]


def test_a_streamed_answer_is_kept_before_its_end_goes_out(kept: Conversations) -> None:
    opened = kept.open(NAME, "me", dump({"input": "x"}), Listener())
    assert not isinstance(opened, Failure)
    client = opened.client
    client.send_head(200, EVENTS, None)
    event = {"type": "response.completed", "response": json.loads(answer("r1", says("a")))}
    client.send_data(b"data: " + dump(event) + b"\n\n")
    assert page(kept, "GET", "/v1/responses/r1")[0] == 200


@pytest.mark.parametrize(
    ("status", "clean", "body"),
    [
        (500, True, answer("r1", says("a"))),
        (200, False, answer("r1", says("a"))),
        (200, True, b"{"),
    ],
)
def test_what_is_no_whole_answer_is_not_kept(
    kept: Conversations, status: int, clean: bool, body: bytes
) -> None:
    opened = kept.open(NAME, "me", dump({"input": "x"}), Listener())
    assert not isinstance(opened, Failure)
    client = opened.client
    client.send_head(status, JSON, None)
    client.send_data(body)
    client.answered(clean=clean)
    assert page(kept, "GET", "/v1/responses/r1")[0] == 404


def test_what_shall_not_be_kept_is_not(kept: Conversations) -> None:
    asked(kept, {"input": "x", "store": False}, answer("r1", says("a")))
    assert page(kept, "GET", "/v1/responses/r1")[0] == 404


def test_nobody_else_goes_on(kept: Conversations) -> None:
    asked(kept, {"input": "one"}, answer("r1", says("a")))
    refused = asked(kept, {"input": "x", "previous_response_id": "r1"}, caller="other")
    assert (refused.status, refused.code) == (400, "previous_response_not_found")
    assert page(kept, "GET", "/v1/responses/r1", "other")[0] == 404
    items = [{"type": "item_reference", "id": "msg_1"}]
    assert asked(kept, {"input": items}, caller="other")["input"] == items


def test_items_are_found_by_their_id(kept: Conversations) -> None:
    asked(kept, {"input": "one"}, answer("r1", says("a"), says("b", "msg_2")))
    items = [{"type": "item_reference", "id": id_} for id_ in ("msg_2", "msg_1", "msg_2")]
    found = asked(kept, {"input": items})["input"]
    assert [item["id"] for item in found] == ["msg_2", "msg_1", "msg_2"]
    assert all(item["type"] == "message" for item in found)


def test_a_conversation_with_a_hole_is_none(kept: Conversations) -> None:
    asked(kept, {"input": "one"}, answer("r1", says("a")))
    asked(kept, {"input": "two", "previous_response_id": "r1"}, answer("r2", says("b")))
    assert page(kept, "DELETE", "/v1/responses/r1")[1]["deleted"] is True
    refused = asked(kept, {"input": "three", "previous_response_id": "r2"})
    assert refused.code == "previous_response_not_found"


def test_too_long_a_conversation_is_refused(store: TurnStore) -> None:
    kept = conversations(store, most=300)
    asked(kept, {"input": "x" * 200}, answer("r1", says("a")))
    refused = asked(kept, {"input": "y", "previous_response_id": "r1"})
    assert refused.code == "context_length_exceeded"


def test_pages(kept: Conversations) -> None:
    asked(kept, {"input": "one"}, answer("r1", says("a")))
    assert page(kept, "GET", "/v1/responses/r1")[1]["id"] == "r1"
    listed = page(kept, "GET", "/v1/responses/r1/input_items")[1]
    assert [item["role"] for item in listed["data"]] == ["user"]
    assert page(kept, "POST", "/v1/responses/r1/cancel")[1]["id"] == "r1"
    assert page(kept, "PUT", "/v1/responses/r1") is None
    assert page(kept, "GET", "/v1/other/r1") is None


def test_other_dialects_keep_nothing(kept: Conversations) -> None:
    listener = Listener()
    assert kept.open("openai_chat", "me", b"{}", listener) == Opened(b"{}", listener)


def test_without_it_all_goes_through() -> None:
    listener = Listener()
    assert opened_up(None, NAME, "me", b"{}", listener) == Opened(b"{}", listener)


def thinks(id_: str, encrypted: str | None = None) -> dict[str, Any]:
    return {"type": "reasoning", "id": id_, "summary": [], "encrypted_content": encrypted}


def test_it_is_remembered_who_made_a_hidden_thought(kept: Conversations) -> None:
    """Also where nothing may be stored, and where a client leaves out the thought's id (Codex)."""
    asked(kept, {"input": "x", "store": False}, answer("r1", thinks("rs_1", "enc"), says("a")))
    for item in (thinks("rs_1"), thinks("", "enc"), thinks("rs_1", "enc")):
        opened = kept.open(NAME, "me", dump({"input": [item]}), Listener())
        assert isinstance(opened, Opened)
        assert opened.body == dump({"input": [item]})
        assert opened.makers == {"someone"}
        assert b"understudy." in (opened.sealed or b"")
    opened = kept.open(NAME, "me", dump({"input": [thinks("rs_2", "other")]}), Listener())
    assert isinstance(opened, Opened)
    assert (opened.sealed, opened.makers) == (None, frozenset())


def test_a_thought_in_a_stream_is_seen_when_it_is_done(kept: Conversations) -> None:
    opened = kept.open(NAME, "me", dump({"input": "x", "store": False}), Listener())
    assert isinstance(opened, Opened)
    opened.client.send_head(200, EVENTS, None)
    event = {"type": "response.output_item.done", "item": thinks("rs_1", "enc")}
    opened.client.send_data(b"data: " + json.dumps(event, separators=(",", ":")).encode() + b"\n\n")
    again = kept.open(NAME, "me", dump({"input": [thinks("", "enc")]}), Listener())
    assert isinstance(again, Opened)
    assert again.makers == {"someone"}


def test_who_made_a_kept_thought_is_known_after_a_restart(store: TurnStore) -> None:
    asked(conversations(store), {"input": "x"}, answer("r1", thinks("rs_1"), says("a")))
    body = {"input": "y", "previous_response_id": "r1"}
    opened = conversations(store).open(NAME, "me", dump(body), Listener())
    assert isinstance(opened, Opened)
    assert opened.makers == {"someone"}
    assert b"understudy." not in opened.body


def test_who_is_still_at_an_answer_is_asked_for_it(kept: Conversations) -> None:
    waiting = dump({"id": "r1", "status": "queued", "output": []})
    body = {"input": "x", "background": True}
    asked(kept, body, waiting)
    refused = asked(kept, {"input": "y", "previous_response_id": "r1"})
    assert refused.code == "previous_response_not_found"
    SAID[:] = [(200, JSON, waiting), (404, JSON, b'{"error":{}}'), (502, (), b"")]
    FETCHED.clear()
    assert page(kept, "GET", "/v1/responses/r1") == (200, json.loads(waiting))
    assert page(kept, "POST", "/v1/responses/r1/cancel")[0] == 404
    assert page(kept, "GET", "/v1/responses/r1")[0] == 502
    assert page(kept, "GET", "/v1/responses/r1", "other")[0] == 404
    SAID.append((200, JSON, answer("r1", says("done"))))
    assert page(kept, "GET", "/v1/responses/r1")[1]["status"] == "completed"
    assert FETCHED == [
        ("a/m", "GET", "/r1"),
        ("a/m", "POST", "/r1/cancel"),
        ("a/m", "GET", "/r1"),
        ("a/m", "GET", "/r1"),
    ]
    again = asked(kept, {"input": "y", "previous_response_id": "r1"})
    assert again["input"][0]["content"] == "x"
