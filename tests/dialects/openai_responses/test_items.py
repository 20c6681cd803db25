from tests.dialects.openai_responses.talk import (
    call,
    completed,
    created,
    frame,
    message,
    output_text,
    reasoning,
    response,
    streamed,
    whole,
)

from understudy.chat.events import PartDelta, PartEnded, PartKind, PartStarted
from understudy.chat.response import fold
from understudy.dialects.openai_responses.schema import Raw

LINK = {"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 1}


def pieces(*output):
    return fold(whole(response(*output))).pieces


def test_a_message_has_texts_and_refusals():
    refusal = {"type": "refusal", "refusal": "no"}
    item = message("a") | {"content": [output_text("a", LINK), refusal]}
    text, refused = pieces(item)
    assert (text.text, refused.text) == ("a", "no")
    assert (text.start.kind, refused.start.kind) == (PartKind.TEXT, PartKind.REFUSAL)
    assert text.start.item == refused.start.item == "msg_1"
    assert [cited.url for cited in text.citations] == ["u"]


def test_what_stands_beside_a_message_is_kept():
    (text,) = pieces(message("a", phase="commentary", status="completed"))
    assert text.fields == {"openai_responses.phase": Raw(b'"commentary"')}


def test_each_thought_of_an_item_is_a_part_and_the_seal_is_on_the_last():
    one, two = pieces(reasoning("a", "b", encrypted_content="enc"), message("x"))[:2]
    assert (one.text, one.encrypted) == ("a", None)
    assert (two.text, two.encrypted) == ("b", "enc")
    assert one.start.item == two.start.item == "rs_1"
    assert one.start.field == "summary"


def test_thoughts_may_be_shown_as_they_were():
    item = reasoning(content=[{"type": "reasoning_text", "text": "hm"}])
    thought = pieces(item, message("x"))[0]
    assert (thought.text, thought.start.field) == ("hm", "content")


def test_a_sealed_thought_without_words_is_a_part_of_its_own():
    thought = pieces(reasoning(encrypted_content="enc"), message("x"))[0]
    assert (thought.text, thought.encrypted) == ("", "enc")


def test_calls_keep_their_ids_and_what_is_beside_them():
    one, two = pieces(call("f", "{}", "call_a", namespace="n"), call("g", '{"x":1}', "call_b"))
    assert (one.start.id, one.start.item, one.start.name) == ("call_a", "fc_call_a", "f")
    assert one.fields == {"openai_responses.namespace": Raw(b'"n"')}
    assert two.text == '{"x":1}'


def test_a_custom_call_is_given_free_text():
    item = {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c", "name": "sql", "input": "x"}
    (piece,) = pieces(item)
    assert piece.start.is_custom
    assert piece.text == "x"


def test_what_others_have_no_word_for_is_kept_whole():
    item = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    search = pieces(item, message("x"))[0]
    assert search.start.kind is PartKind.OPAQUE
    assert search.start.raw is not None
    assert b"ws_1" in bytes(search.start.raw)


def test_parts_end_when_the_next_begins_and_calls_interleave():
    def added(index, item):
        return frame("response.output_item.added", output_index=index, item=item)

    def delta(index, text):
        kind = "response.function_call_arguments.delta"
        return frame(kind, output_index=index, delta=text)

    def done(index, item):
        return frame("response.output_item.done", output_index=index, item=item)

    one, two = call("f", "", "call_a"), call("g", "", "call_b")
    found = streamed(
        created(),
        added(0, one),
        added(1, two),
        delta(1, '{"b"'),
        delta(0, '{"a"'),
        delta(1, ":1}"),
        done(1, two | {"arguments": '{"b":1}'}),
        delta(0, ":2}"),
        done(0, one | {"arguments": '{"a":2}'}),
        completed(),
    )
    assert [event for event in found if isinstance(event, PartStarted | PartEnded)] == [
        PartStarted(0, PartKind.TOOL_CALL, id="call_a", name="f", item="fc_call_a"),
        PartStarted(1, PartKind.TOOL_CALL, id="call_b", name="g", item="fc_call_b"),
        PartEnded(1),
        PartEnded(0),
    ]
    assert [e.text for e in found if isinstance(e, PartDelta) and e.index == 0] == ['{"a"', ":2}"]
