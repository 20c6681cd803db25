import json

import pytest
from tests.dialects.openai_responses.talk import (
    ID,
    completed,
    created,
    dump,
    frame,
    message,
    reasoning,
    response,
)

from understudy.dialects.memory import Reference, Turn
from understudy.dialects.openai_responses.memory import MEMORY
from understudy.dialects.openai_responses.seal import unseal

ASKED = {"role": "user", "content": "one"}


def turn(*output, said=ASKED, producer=None) -> Turn:
    return Turn("me", ID, dump([said]), dump(response(*output)), producer=producer)


def test_what_a_request_refers_to():
    assert MEMORY.reference(dump({"input": "x"})) == Reference(keeps=True)
    assert MEMORY.reference(dump({"store": False})) == Reference()
    body = {
        "previous_response_id": "resp_1",
        "input": [{"type": "item_reference", "id": "msg_1"}, {"role": "user"}],
    }
    assert MEMORY.reference(dump(body)) == Reference("resp_1", ("msg_1",), keeps=True)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"previous_response_id":"\xff"}'])
def test_what_cannot_be_read_refers_to_nothing(body):
    assert MEMORY.reference(body) == Reference()
    assert MEMORY.said(body) == b"[]"
    assert MEMORY.expanded(body, [turn(message("a"))], {}) == body
    assert MEMORY.answer(body, stream=True) is None
    assert MEMORY.answer(body, stream=False) is None


def test_a_request_is_written_out_in_full_and_keeps_its_bytes():
    body = b'{"model":"m", "input":"two","previous_response_id":"resp_1","x": 1}'
    made = MEMORY.expanded(body, [turn(message("a"))], {})
    assert json.loads(made) == {
        "model": "m",
        "input": [ASKED, message("a"), {"role": "user", "content": "two"}],
        "previous_response_id": None,
        "x": 1,
    }
    assert made.startswith(b'{"model":"m", "input":[')
    assert made.endswith(b'"x": 1}')


def test_one_without_an_input_gets_one():
    made = MEMORY.expanded(dump({"previous_response_id": "r"}), [turn(message("a"))], {})
    assert json.loads(made)["input"] == [ASKED, message("a")]


def test_references_are_replaced_by_what_they_name():
    items = [{"type": "item_reference", "id": id_} for id_ in ("msg_1", "unknown")]
    known = MEMORY.items(turn(message("a")))
    made = json.loads(MEMORY.expanded(dump({"input": items}), [], known))
    assert made["input"] == [message("a"), items[1]]


def test_hidden_thoughts_are_sealed_for_who_made_them():
    thought = reasoning("hm", encrypted_content="e")
    body = dump({"input": [ASKED, thought], "x": 1})
    made, makers = MEMORY.sealed(body, {"rs_1": "openai"}.get)
    assert makers == {"openai"}
    sealed = json.loads(made)["input"][1]
    assert sealed["summary"] == thought["summary"]
    found = unseal(sealed["encrypted_content"])
    assert found is not None
    assert (found.producer, found.encrypted) == ("openai", "e")
    assert MEMORY.sealed(made, {"rs_1": "openai"}.get) == (made, frozenset())
    assert MEMORY.sealed(body, lambda _: None) == (body, frozenset())
    assert MEMORY.sealed(b"{", lambda _: "x") == (b"{", frozenset())


def test_a_hidden_thought_has_names():
    thought = reasoning("hm", encrypted_content="e")
    names = MEMORY.thoughts(dump(response(thought, message("a"))), stream=False)
    assert names[0] == "rs_1"
    assert len(names) == 2
    frames = completed(thought) + frame("response.output_item.done", item=thought)
    assert MEMORY.thoughts(frames, stream=True) == names * 2
    assert MEMORY.thoughts(b"data: {\n\n", stream=True) == ()
    assert MEMORY.hidden in frames


def test_the_whole_answer_is_found_in_a_body_and_in_frames():
    body = response(message("a"))
    assert MEMORY.answer(dump(body), stream=False) == (ID, dump(body))
    frames = created() + completed(message("a"))
    assert MEMORY.answer(frames, stream=True) == (ID, dump(body))
    assert any(mark in frames for mark in MEMORY.marks)
    assert MEMORY.answer(created(), stream=True) is None
    waiting = dump(response(status="queued"))
    assert MEMORY.answer(waiting, stream=False) is None
    assert MEMORY.pending(waiting) == (ID, waiting)
    assert MEMORY.pending(dump(body)) is None
    assert MEMORY.pending(b"{") is None
    for odd in (dump(response({"id": 5})), dump(response("x")), dump(response()) + b"\xff"):
        assert MEMORY.answer(odd, stream=False) is None


def test_what_was_asked_is_listed_newest_first():
    page = json.loads(MEMORY.input_page([turn(message("a")), turn(message("b"))]))
    assert [item["type"] for item in page["data"]] == ["message"] * 3
    assert [item["role"] for item in page["data"]] == ["user", "assistant", "user"]
    assert page["data"][0]["content"] == [{"type": "input_text", "text": "one"}]
    assert page["first_id"] == page["data"][0]["id"]
    assert len({item["id"] for item in page["data"]}) == 3


def test_what_is_said_of_one_that_is_gone():
    assert json.loads(MEMORY.deleted("r"))["deleted"] is True
    assert "'r' not found" in MEMORY.not_found("r")
