"""What blocks say as parts."""

import pytest
from tests.dialects.anthropic_messages.talk import (
    OWN,
    block,
    body,
    decoded,
    delta,
    end,
    start,
    stop,
    text,
    value,
)

from understudy.chat.events import PartKind, StopReason
from understudy.chat.response import Response, fold
from understudy.chat.usage import Usage

CITED = {"type": "char_location", "cited_text": "q", "document_title": "T", "document_index": 0}
FOUND = {
    "type": "web_search_result_location",
    "cited_text": "q",
    "title": "T",
    "url": "https://x.y",
}


def whole(*content: dict, reason: str = "end_turn", **fields) -> Response:
    return fold(decoded(body(list(content), reason, **fields), stream=False))


def streamed(*frames: bytes, ending: bytes | None = None) -> Response:
    return fold(decoded(b"".join([start(), *frames, end() if ending is None else ending])))


def test_a_tool_without_input_has_an_empty_object():
    call = block(0, "tool_use", id="t", name="f", input={})
    assert streamed(call, stop(0)).pieces[0].text == "{}"
    assert (
        streamed(call, delta(0, "input_json_delta", partial_json=""), stop(0)).pieces[0].text
        == "{}"
    )
    assert whole({"type": "tool_use", "id": "t", "name": "f", "input": {}}).pieces[0].text == "{}"


def test_input_given_at_the_start_counts_unless_deltas_follow():
    call = block(0, "tool_use", id="t", name="f", input={"a": 1})
    assert streamed(call, stop(0)).pieces[0].text == '{"a":1}'
    replaced = delta(0, "input_json_delta", partial_json='{"b":2}')
    assert streamed(call, replaced, stop(0)).pieces[0].text == '{"b":2}'


def test_a_message_may_bring_blocks_along():
    given = [{"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}}]
    data = start(content=given, stop_reason="tool_use") + text(0, "x") + end(None)
    first, second = fold(decoded(data)).pieces
    assert (first.start.id, first.text, second.text) == ("t", '{"a":1}', "x")


def test_a_start_said_twice_is_one_start():
    assert fold(decoded(start() + start() + text(0, "x") + end())).text == "x"


def test_a_block_that_never_ends_ends_with_its_message():
    open_block = block(0, "text", text="") + delta(0, "text_delta", text="x")
    assert streamed(open_block).text == "x"


def test_redacted_thoughts_are_kept_encrypted():
    for response in (
        streamed(block(0, "redacted_thinking", data="abc"), stop(0), text(1, "x")),
        whole({"type": "redacted_thinking", "data": "abc"}, {"type": "text", "text": "x"}),
    ):
        piece = response.pieces[0]
        assert piece.start.kind is PartKind.REASONING
        assert (piece.encrypted, piece.start.field) == ("abc", "redacted_thinking")


@pytest.mark.parametrize(("cited", "url"), [(CITED, None), (FOUND, "https://x.y")])
def test_citations_keep_their_own_words(cited, url):
    spoken = streamed(
        block(0, "text", text="", citations=[]),
        delta(0, "text_delta", text="x"),
        delta(0, "citations_delta", citation=cited),
        stop(0),
    )
    for response in (spoken, whole({"type": "text", "text": "x", "citations": [cited]})):
        (citation,) = response.pieces[0].citations
        assert (citation.title, citation.url, citation.quote) == ("T", url, "q")
        assert value(citation.raw) == cited


def test_blocks_of_other_kinds_stay_whole():
    result = {"type": "web_search_tool_result", "tool_use_id": "s", "content": []}
    (piece,) = whole(result).pieces
    assert piece.start.kind is PartKind.OPAQUE
    assert piece.start.dialect == "anthropic_messages"
    assert value(piece.start.raw) == result


def test_deltas_of_the_future_are_kept_one_by_one():
    (piece,) = streamed(
        block(0, "compaction", content=None),
        delta(0, "compaction_delta", content="a"),
        delta(0, "compaction_delta", content="b"),
        stop(0),
    ).pieces
    assert sorted(piece.fields or {}) == [f"{OWN}delta.0", f"{OWN}delta.1"]


def test_fields_beside_are_kept():
    call = {"type": "tool_use", "id": "t", "name": "f", "input": {}, "caller": {"type": "direct"}}
    (piece,) = whole(call).pieces
    assert value((piece.fields or {})[f"{OWN}caller"]) == {"type": "direct"}


def test_the_last_count_holds():
    usage = {
        "input_tokens": 4,
        "output_tokens": 9,
        "cache_read_input_tokens": 2,
        "output_tokens_details": {"thinking_tokens": 3},
        "server_tool_use": {"web_search_requests": 1},
    }
    response = streamed(text(0, "x"), ending=end(usage=usage, stop_details={"type": "refusal"}))
    assert response.started.usage == Usage(input_tokens=3, output_tokens=1)
    assert response.usage == Usage(
        input_tokens=4, cache_read_tokens=2, output_tokens=9, reasoning_tokens=3
    )
    kept = {name: value(raw) for name, raw in (response.finished.fields or {}).items()}
    assert kept == {
        f"{OWN}usage": {"server_tool_use": {"web_search_requests": 1}},
        f"{OWN}stop_details": {"type": "refusal"},
    }


def test_a_stop_sequence_is_named():
    response = streamed(text(0, "x"), ending=end("stop_sequence", stop_sequence="END"))
    assert response.stop is StopReason.STOP_SEQUENCE
    assert response.finished.stop_sequence == "END"
    assert whole({"type": "text", "text": "x"}, stop_sequence="END").finished.stop_sequence == "END"


def test_a_whole_body_keeps_its_vendor_fields():
    response = whole({"type": "text", "text": "x"}, container={"id": "c"}, diagnostics={"a": 1})
    assert f"{OWN}container" in (response.finished.fields or {})
    assert f"{OWN}diagnostics" in (response.started.fields or {})
