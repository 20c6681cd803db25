import json
from typing import Any

from tests.dialects.openai_responses.talk import parse

from understudy.chat.events import Finished, PartKind, PartStarted, Started, StopReason
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.response import Piece
from understudy.chat.usage import Usage
from understudy.dialects.openai_responses.reply import Reply, has_refused, output_of
from understudy.dialects.openai_responses.schema import Raw, encode


def reply(request=None) -> Reply:
    made = Reply(request or Request("m", ()))
    assert made.start(Started("resp_0123456789", "m", 7)) == []
    return made


def ended(end: Finished) -> tuple[dict[str, Any], list[Loss]]:
    said, lost = reply().ended(end, [], refused=False)
    return json.loads(encode(said)), lost


def test_it_repeats_what_was_asked_for():
    said = reply(parse("hello", temperature=0.5, metadata={"a": "b"})).begun()
    assert (said["temperature"], said["metadata"]) == (0.5, {"a": "b"})
    assert (said["id"], said["created_at"], said["status"]) == ("resp_0123456789", 7, "in_progress")
    assert (said["tools"], said["tool_choice"], said["output"]) == ([], "auto", [])


def test_it_ends_with_usage_and_a_status():
    end = Finished(StopReason.LENGTH, Usage(1, output_tokens=2))
    said, lost = ended(end)
    assert (said["status"], said["incomplete_details"]) == (
        "incomplete",
        {"reason": "max_output_tokens"},
    )
    assert said["usage"]["total_tokens"] == 3
    assert lost == []


def test_what_was_kept_of_the_end_is_said_and_what_others_kept_is_lost():
    fields = {"openai_responses.billing": Raw(b"1"), "x.y": Raw(b"2")}
    said, lost = ended(Finished(StopReason.END, fields=fields))
    assert said["billing"] == 1
    assert [loss.path for loss in lost] == ["finished.x.y"]


def test_it_fails_with_a_code():
    said = reply().failed({"code": "c", "message": "m", "type": "t"})
    assert (said["status"], said["error"]) == ("failed", {"code": "c", "message": "m"})


def test_the_last_item_of_an_answer_cut_short_is_incomplete():
    pieces = [
        Piece(PartStarted(0, PartKind.TOOL_CALL, id="c", name="f"), "{}"),
        Piece(PartStarted(1, PartKind.IMAGE)),
        Piece(PartStarted(2, PartKind.TEXT), "x"),
    ]
    losses: list[Loss] = []
    items: list[Any] = output_of(pieces, reply().layout, losses, is_cut=True)
    assert [item["status"] for item in items] == ["completed", "incomplete"]
    assert [loss.path for loss in losses] == ["parts[1]"]


def test_a_refusal_in_words_is_seen():
    assert has_refused([Piece(PartStarted(0, PartKind.REFUSAL))])
    assert not has_refused([Piece(PartStarted(0, PartKind.TEXT))])
