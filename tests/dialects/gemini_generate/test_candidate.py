"""Parts of one answer."""

import json

import pytest
from tests.dialects.gemini_generate.talk import chunk, end, said, text

from understudy.chat.events import Finished, PartKind, StopReason
from understudy.chat.response import Piece, Response, fold
from understudy.dialects.gemini_generate.schema import BEFORE_CALL, BEFORE_TEXT

CALL = {"functionCall": {"name": "weather", "args": {"city": "Paris"}}}


def answer(*chunks: dict) -> Response:
    return fold(said(*chunks))


def kinds(response: Response) -> list[PartKind]:
    return [piece.start.kind for piece in response.pieces]


def test_thoughts_and_words_are_parts_of_their_own() -> None:
    think = chunk({"text": "Hm", "thought": True})
    response = answer(think, think, text("a"), text("b"), end())
    assert kinds(response) == [PartKind.REASONING, PartKind.TEXT]
    assert [piece.text for piece in response.pieces] == ["HmHm", "ab"]
    assert response.pieces[0].start.producer == "gemini"


def test_a_call_comes_whole_and_gets_a_name() -> None:
    response = answer(chunk(CALL, {"functionCall": {"id": "x", "name": "f"}}), end())
    assert [(piece.start.id, piece.start.name, piece.text) for piece in response.pieces] == [
        ("call_r1_0", "weather", '{"city": "Paris"}'),
        ("x", "f", "{}"),
    ]
    assert (response.stop, response.finished.native) == (StopReason.TOOL_CALLS, "STOP")


@pytest.mark.parametrize(
    ("part", "field", "kind"),
    [
        ({**CALL, "thoughtSignature": "sig="}, BEFORE_CALL, PartKind.TOOL_CALL),
        ({"text": "b", "thoughtSignature": "sig="}, BEFORE_TEXT, PartKind.TEXT),
    ],
)
def test_a_signature_is_a_thought_before_what_it_signs(
    part: dict, field: str, kind: PartKind
) -> None:
    response = answer(text("a"), chunk(part), end())
    assert kinds(response) == [PartKind.TEXT, PartKind.REASONING, kind]
    signed = response.pieces[1]
    assert (signed.signature, signed.start.field, signed.text) == ("sig=", field, "")


def test_a_signed_thought_keeps_its_signature_to_itself() -> None:
    one = chunk({"text": "a", "thought": True, "thoughtSignature": "1"})
    two = chunk({"text": "b", "thought": True, "thoughtSignature": "2"})
    pieces = answer(one, two, text("x"), end()).pieces
    assert [piece.signature for piece in pieces] == ["1", "2", None]


def test_arguments_may_come_one_after_another() -> None:
    """The form of Vertex's documentation, "Streaming function call arguments"."""
    piece = {"jsonPath": "$.city", "stringValue": "Par", "willContinue": True}
    response = answer(
        chunk({"functionCall": {"name": "weather", "willContinue": True}}),
        chunk({"functionCall": {"partialArgs": [piece], "willContinue": True}}),
        chunk({"functionCall": {"partialArgs": [{**piece, "stringValue": "is"}],
                                "willContinue": True}}),
        chunk({"functionCall": {}}),
        end(),
    )  # fmt: skip
    (call,) = response.pieces
    assert (call.start.name, json.loads(call.text)) == ("weather", {"city": "Paris"})


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"inlineData": {"mimeType": "image/png", "data": "AA=="}}, PartKind.IMAGE),
        ({"inlineData": {"mimeType": "audio/wav", "data": "AA=="}}, PartKind.OPAQUE),
        ({"executableCode": {"language": "PYTHON", "code": "1"}}, PartKind.OPAQUE),
        ({"codeExecutionResult": {"outcome": "OUTCOME_OK"}, "thoughtSignature": "s"},
         PartKind.OPAQUE),
        ({"toolCall": {"toolType": "FILE_SEARCH"}}, PartKind.OPAQUE),
    ],
)  # fmt: skip
def test_what_only_this_dialect_says_is_kept_whole(part: dict, kind: PartKind) -> None:
    (piece,) = answer(chunk(part), end()).pieces
    assert piece.start.kind is kind
    assert piece.start.raw is not None
    assert json.loads(bytes(piece.start.raw)) == part


def test_what_is_said_beside_is_kept() -> None:
    first, last = text("a"), end()
    first["candidates"][0]["citationMetadata"] = {"citationSources": [{"uri": "u"}]}
    last["candidates"][0]["citationMetadata"] = {"citationSources": [{"uri": "v"}]}
    last["candidates"][0]["safetyRatings"] = [1]
    finished = said(first, last)[-1]
    assert isinstance(finished, Finished)
    kept = {name: json.loads(bytes(raw)) for name, raw in (finished.fields or {}).items()}
    assert kept == {
        "gemini_generate.candidates.0.citationMetadata": {
            "citationSources": [{"uri": "u"}, {"uri": "v"}]
        },
        "gemini_generate.candidates.0.safetyRatings": [1],
    }


def test_fields_of_a_part_are_kept() -> None:
    pieces: tuple[Piece, ...] = answer(chunk({"text": "a", "mood": "x"}), end()).pieces
    assert {name: bytes(raw) for name, raw in (pieces[0].fields or {}).items()} == {
        "gemini_generate.mood": b'"x"'
    }
