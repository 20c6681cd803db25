import msgspec
from tests.dialects.openai_chat.talk import DONE, body, chunk, end, frame, streamed, whole

from understudy.chat.events import ChoiceEnd, Finished, PartKind, StopReason
from understudy.chat.request import Request
from understudy.chat.response import Response, fold, unfold
from understudy.dialects.openai_chat import DIALECT


def kinds(response: Response) -> list[tuple[PartKind, str]]:
    return [(piece.start.kind, piece.text) for piece in response.pieces]


def answer(*deltas, finish: str = "stop") -> Response:
    return fold(streamed(*(chunk(delta) for delta in deltas), end(finish), DONE))


def test_reasoning_is_read_in_every_spelling():
    for name in ("reasoning_content", "reasoning"):
        response = answer({name: "hm"}, {"content": "x"})
        assert kinds(response) == [(PartKind.REASONING, "hm"), (PartKind.TEXT, "x")]
        assert response.pieces[0].start.field == name
        assert fold(whole(body({name: "hm", "content": "x"}))).pieces == response.pieces


def test_details_repeat_the_text_and_add_a_signature():
    first = {"type": "reasoning.text", "text": "hm", "format": "f", "index": 0}
    last = {"type": "reasoning.text", "signature": "sig", "index": 0}
    response = answer(
        {"reasoning": "hm", "reasoning_details": [first]},
        {"reasoning_details": [last]},
        {"content": "x"},
    )
    thought = response.pieces[0]
    assert (thought.text, thought.signature, thought.start.producer) == ("hm", "sig", "f")


def test_details_alone_are_the_text():
    details = [
        {"type": "reasoning.summary", "summary": "hm"},
        {"type": "reasoning.encrypted", "data": "secret", "id": "r1"},
    ]
    thought = fold(whole(body({"content": "x", "reasoning_details": details}))).pieces[0]
    assert (thought.text, thought.encrypted, thought.start.field) == (
        "hm",
        "secret",
        "reasoning_details",
    )


def test_a_reference_among_thoughts_is_kept_with_them():
    pieces = [{"type": "text", "text": "hm"}, {"type": "reference", "reference_ids": [2]}]
    thinking = {"type": "thinking", "thinking": pieces}
    content = [thinking, {"type": "text", "text": "a"}]
    response = fold(whole(body({"content": content})))
    assert response.pieces[0].text == "hm"
    kept = (response.pieces[0].fields or {})["openai_chat.thinking"]
    assert msgspec.json.decode(kept) == pieces
    encoder = DIALECT.encoder(Request("m", ()))
    said = b"".join(encoder.send(event) for event in unfold(response))
    assert msgspec.json.decode(said)["choices"][0]["message"]["content"] == content


def test_content_may_be_a_list():
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "closed": True}
    reference = {"type": "reference", "reference_ids": [1]}
    content = [thinking, {"type": "text", "text": "a"}, {"type": "text", "text": "b"}, reference]
    response = fold(whole(body({"content": content})))
    assert kinds(response) == [
        (PartKind.REASONING, "hm"),
        (PartKind.TEXT, "ab"),
        (PartKind.OPAQUE, ""),
    ]
    assert dict(response.pieces[0].fields or {}).keys() == {"openai_chat.closed"}
    assert kinds(answer({"content": [thinking]}, {"content": "ab"})) == kinds(response)[:2]


def test_a_refusal_is_the_reason():
    response = answer({"refusal": "I "}, {"refusal": "won't"})
    assert kinds(response) == [(PartKind.REFUSAL, "I won't")]
    assert (response.stop, response.finished.native) == (StopReason.REFUSAL, "stop")


def test_speech_is_read():
    response = answer(
        {"audio": {"id": "au", "transcript": "Hi"}},
        {"audio": {"data": "AA=="}},
        {"audio": {"expires_at": 9}},
    )
    piece = response.pieces[0]
    assert (piece.start.kind, piece.start.id, piece.text, piece.audio_base64) == (
        PartKind.AUDIO,
        "au",
        "Hi",
        "AA==",
    )
    assert {k: bytes(v) for k, v in (piece.fields or {}).items()} == {
        "openai_chat.expires_at": b"9"
    }


def test_fields_filled_with_nothing_are_nothing():
    said: dict = {
        "content": "x",
        "refusal": "",
        "annotations": None,
        "audio": {"data": "", "expires_at": 0, "id": "", "transcript": ""},
        "tool_calls": [],
    }
    assert kinds(fold(whole(body(said)))) == [(PartKind.TEXT, "x")]


def test_annotations_are_citations():
    noted = {
        "type": "url_citation",
        "url_citation": {"url": "u", "title": "t", "start_index": 1, "end_index": 2},
    }
    for response in (
        fold(whole(body({"content": "x", "annotations": [noted]}))),
        answer({"content": "x"}, {"annotations": [noted]}),
        answer({"annotations": [noted]}, {"content": "x"}),
    ):
        citation = response.pieces[0].citations[0]
        assert (citation.url, citation.title, citation.start, citation.end) == ("u", "t", 1, 2)


def test_other_annotations_are_kept_as_they_are():
    response = answer({"content": "x"}, {"annotations": [{"type": "file", "file": {"id": 1}}]})
    (citation,) = response.pieces[0].citations
    assert citation.url is None
    assert citation.raw is not None
    assert bytes(citation.raw) == b'{"type":"file","file":{"id":1}}'


def test_thoughts_in_a_list_may_be_a_string():
    response = answer({"content": [{"type": "thinking", "thinking": "hm"}]}, {"content": "x"})
    assert kinds(response) == [(PartKind.REASONING, "hm"), (PartKind.TEXT, "x")]


def test_annotations_of_no_text_are_kept():
    response = answer({"refusal": "no", "annotations": [1]})
    assert dict(response.finished.fields or {}).keys() == {
        "openai_chat.choices[0].message.annotations"
    }


def test_several_answers_are_told_apart():
    def at(number: int, delta: dict, finish: str | None = None) -> bytes:
        return frame(
            {"id": "c1", "choices": [{"index": number, "delta": delta, "finish_reason": finish}]}
        )

    response = fold(
        streamed(
            at(0, {"content": "a"}),
            at(1, {"content": "b"}),
            at(0, {"content": "A"}),
            at(1, {}, "length"),
            at(0, {}, "stop"),
            DONE,
        )
    )
    assert [(p.start.choice, p.text) for p in response.pieces] == [(0, "aA"), (1, "b")]
    assert response.stop is StopReason.END
    assert response.ends == (ChoiceEnd(1, StopReason.LENGTH, "length"),)


def test_an_answer_that_never_ends_fails_them_all():
    other = {"id": "c1", "choices": [{"index": 1, "delta": {"content": "b"}}]}
    found = streamed(chunk({"content": "a"}), frame(other), end(), DONE)
    assert not isinstance(found[-1], Finished)


def test_what_stands_beside_is_joined_as_a_whole_answer_has_it():
    def log(token: str) -> dict:
        return {"logprobs": {"content": [{"token": token}], "refusal": None}}

    response = fold(
        streamed(
            chunk({"content": "a"}, choice=log("a")),
            chunk({"content": "b", "citations": ["x"]}, choice=log("b")),
            end(native_finish_reason="STOP"),
            DONE,
        )
    )
    assert {name: bytes(raw) for name, raw in (response.finished.fields or {}).items()} == {
        "openai_chat.choices[0].logprobs": (
            b'{"content":[{"token":"a"},{"token":"b"}],"refusal":null}'
        ),
        "openai_chat.choices[0].message.citations": b'["x"]',
        "openai_chat.choices[0].native_finish_reason": b'"STOP"',
    }


def test_a_stop_sequence_is_named():
    response = fold(streamed(chunk({"content": "a"}), end(stop_reason="###"), DONE))
    assert (response.stop, response.finished.stop_sequence) == (StopReason.STOP_SEQUENCE, "###")
