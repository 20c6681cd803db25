import pytest

from understudy.chat.events import PartKind, PartStarted
from understudy.chat.loss import Loss
from understudy.chat.parts import Citation
from understudy.chat.response import Piece
from understudy.dialects.openai_responses import speech
from understudy.dialects.openai_responses.layout import Layout
from understudy.dialects.openai_responses.schema import Raw
from understudy.dialects.openai_responses.seal import SEAL


def item(*pieces, customs=()):
    layout = Layout("resp_1", frozenset(customs))
    losses: list[Loss] = []
    placed = [(piece, layout.place(piece.start)) for piece in pieces]
    return speech.whole_item(placed, losses), [loss.path for loss in losses]


def test_a_message_is_said_whole():
    text = Piece(PartStarted(0, PartKind.TEXT), "a", citations=(Citation(url="u"), Citation("t")))
    refusal = Piece(PartStarted(1, PartKind.REFUSAL), "no")
    said, lost = item(text, refusal)
    assert (said["type"], said["role"], said["status"]) == ("message", "assistant", "completed")
    assert [part["type"] for part in said["content"]] == ["output_text", "refusal"]
    assert [note["url"] for note in said["content"][0]["annotations"]] == ["u"]
    assert lost == ["parts[0].citations"]


def test_what_was_kept_beside_it_stands_where_it_stood():
    fields = {
        "openai_responses.phase": Raw(b'"commentary"'),
        "openai_responses.part.x": Raw(b"1"),
        "other.y": Raw(b"2"),
    }
    said, lost = item(Piece(PartStarted(0, PartKind.TEXT), "a", fields=fields))
    assert bytes(said["phase"]) == b'"commentary"'
    assert bytes(said["content"][0]["x"]) == b"1"
    assert lost == ["parts[0].other.y"]


def test_a_thought_of_ours_keeps_its_seal_and_others_get_one():
    own = PartStarted(0, PartKind.REASONING, field="summary", item="rs_1")
    said, _ = item(Piece(own, "hm", encrypted="enc"))
    assert said["encrypted_content"] == "enc"
    assert said["summary"] == [{"type": "summary_text", "text": "hm"}]
    other = PartStarted(0, PartKind.REASONING, producer="anthropic", field="thinking")
    said, lost = item(Piece(other, "hm", signature="sig"))
    assert said["encrypted_content"].startswith(SEAL)
    assert lost == []


def test_a_call_without_arguments_has_empty_ones():
    said, _ = item(Piece(PartStarted(0, PartKind.TOOL_CALL, id="c", name="f")))
    assert (said["call_id"], said["arguments"]) == ("c", "{}")


def test_a_function_that_stood_in_for_a_custom_tool_gives_its_text():
    start = PartStarted(0, PartKind.TOOL_CALL, id="c", name="patch")
    said, _ = item(Piece(start, '{"input":"*** Begin"}'), customs=["patch"])
    assert (said["type"], said["input"]) == ("custom_tool_call", "*** Begin")


@pytest.mark.parametrize("text", ["no json", "[1]", '{"a":1}', '{"a":"x","b":"y"}'])
def test_arguments_of_another_shape_are_given_as_they_are(text):
    assert speech.free_text(text) == text


def test_an_item_of_this_dialect_is_kept_whole():
    raw = Raw(b'{"type":"x","id":"i"}')
    start = PartStarted(0, PartKind.OPAQUE, item="i", dialect="openai_responses", raw=raw)
    assert item(Piece(start)) == (raw, [])
