"""An answer as it grows, block by block."""

from tests.dialects.bedrock_converse.talk import START, begin, delta, end, events, stop

from understudy.chat.events import Finished, PartKind, StopReason
from understudy.chat.response import fold
from understudy.dialects.bedrock_converse.schema import NAME, PRODUCER


def test_thoughts_are_signed_by_who_made_them() -> None:
    thought = delta(0, reasoningContent={"text": "Hm"})
    signed = delta(0, reasoningContent={"signature": "sig"})
    hidden = delta(1, reasoningContent={"redactedContent": "aGlkZGVu"})
    said = START + thought + signed + stop(0) + hidden + stop(1) + delta(2, text="a") + end()
    first, second, third = fold(events(said)).pieces
    assert (first.text, first.signature, first.start.producer) == ("Hm", "sig", PRODUCER)
    assert (second.encrypted, second.start.field) == ("aGlkZGVu", "redactedContent")
    assert third.text == "a"


def test_a_block_that_changes_its_kind_becomes_two_parts() -> None:
    said = START + delta(0, reasoningContent={"text": "Hm"}) + delta(0, text="a") + stop(0) + end()
    kinds = [piece.start.kind for piece in fold(events(said)).pieces]
    assert kinds == [PartKind.REASONING, PartKind.TEXT]


def test_citations_belong_to_their_text() -> None:
    cited = {"title": "T", "location": {"web": {"url": "https://a.test"}}}
    said = START + delta(0, text="a") + delta(0, citation=cited) + stop(0) + end()
    (piece,) = fold(events(said)).pieces
    assert [each.url for each in piece.citations] == ["https://a.test"]


def test_blocks_may_interleave() -> None:
    call = begin(1, toolUse={"toolUseId": "a", "name": "f"})
    more = delta(1, toolUse={"input": "{}"})
    said = START + delta(0, text="a") + call + delta(0, text="b") + more + delta(0, text="c")
    text, called = fold(events(said + stop(0) + stop(1) + end("tool_use"))).pieces
    assert (text.text, called.text) == ("abc", "{}")


def test_what_a_hosted_tool_did_is_kept_for_this_dialect() -> None:
    call = begin(0, toolUse={"toolUseId": "a", "name": "f", "type": "server_tool_use"})
    result = begin(1, toolResult={"toolUseId": "a", "status": "success"})
    said = START + call + delta(0, toolUse={"input": "{}"}) + stop(0) + result
    said += delta(1, toolResult=[{"json": {"out": 1}}]) + stop(1) + end()
    first, second = fold(events(said)).pieces
    assert (first.start.kind, first.start.dialect, first.text) == (PartKind.OPAQUE, NAME, "{}")
    assert second.fields is not None
    assert bytes(second.fields[f"{NAME}.delta.0"]) == b'{"toolResult":[{"json": {"out": 1}}]}'


def test_a_block_that_says_nothing_is_no_part() -> None:
    assert fold(events(START + begin(0) + stop(0) + delta(1, text="") + end())).text == ""


def test_the_stop_sequence_is_told_where_it_was_asked_for() -> None:
    for told in ({"stop_sequence": "END"}, {"delta": {"stop_sequence": "END"}}):
        more = end("stop_sequence", additionalModelResponseFields=told)
        last = events(START + delta(0, text="a") + more)[-1]
        assert isinstance(last, Finished)
        assert (last.stop, last.stop_sequence) == (StopReason.STOP_SEQUENCE, "END")


def test_all_that_is_said_beside_is_kept() -> None:
    last = events(START + delta(0, text="a") + end(trace={"guardrail": {}}))[-1]
    assert isinstance(last, Finished)
    assert last.fields is not None
    assert set(last.fields) == {f"{NAME}.metrics", f"{NAME}.trace"}
