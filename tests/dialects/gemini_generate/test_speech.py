"""What parts look like, and what of them gets lost."""

import pytest
from msgspec import Raw

from understudy.chat.events import Finished, PartDelta, PartEnded, PartKind, PartStarted, StopReason
from understudy.chat.parts import Citation
from understudy.chat.usage import Usage
from understudy.dialects.gemini_generate.schema import BEFORE_CALL, BEFORE_TEXT, NAME, UNSIGNED
from understudy.dialects.gemini_generate.speech import Speaker, ending, finish_losses

K = PartKind


def spoken(start: PartStarted, *deltas: PartDelta) -> tuple[list[object], list[str]]:
    speaker = Speaker()
    said = speaker.start(start)
    for delta in deltas:
        said += speaker.delta(delta)
    said += speaker.end(PartEnded(start.index))
    said += speaker.unsaid(start.choice)
    return [each.part for each in said], [loss.token for loss in speaker.losses]


@pytest.mark.parametrize(
    ("start", "delta", "parts", "lost"),
    [
        (PartStarted(0, K.TEXT), PartDelta(0, "a"), [{"text": "a"}], []),
        (PartStarted(0, K.REFUSAL), PartDelta(0, "no"), [{"text": "no"}], ["~parts[0]"]),
        (PartStarted(0, K.AUDIO), PartDelta(0, "hi"), [{"text": "hi"}], ["~parts[0]"]),
        (PartStarted(0, K.REASONING, producer="gemini"), PartDelta(0, "a", signature="s"),
         [{"text": "a", "thought": True, "thoughtSignature": "s"}], []),
        (PartStarted(0, K.REASONING, producer="anthropic"), PartDelta(0, "a", signature="s"),
         [{"text": "a", "thought": True}], ["parts[0].signature"]),
        (PartStarted(0, K.REASONING), PartDelta(0, encrypted="e"), [], ["parts[0].encrypted"]),
        (PartStarted(0, K.REASONING, producer="gemini", field=BEFORE_TEXT),
         PartDelta(0, signature="s"), [{"text": "", "thoughtSignature": "s"}], []),
        (PartStarted(0, K.TEXT), PartDelta(0, "a", citation=Citation(url="u")), [{"text": "a"}],
         ["parts[0].citations"]),
        (PartStarted(0, K.OPAQUE, dialect="x", raw=Raw(b"{}")), PartDelta(0), [], ["parts[0]"]),
        (PartStarted(0, K.IMAGE, dialect=NAME, raw=Raw(b"{}")), PartDelta(0), [Raw(b"{}")], []),
        (PartStarted(0, K.TOOL_CALL, id="c", name="f"), PartDelta(0, "[1]"),
         [{"functionCall": {"id": "c", "name": "f", "args": {"arguments": "[1]"}},
           "thoughtSignature": UNSIGNED}],
         ["~parts[0].arguments"]),
        (PartStarted(0, K.TOOL_CALL, id="call_x_0", name="f"), PartDelta(0, "{}"),
         [{"functionCall": {"name": "f", "args": Raw(b"{}")}}], []),
    ],
)  # fmt: skip
def test_parts(start: PartStarted, delta: PartDelta, parts: list, lost: list[str]) -> None:
    assert spoken(start, delta) == (parts, lost)


def test_a_signature_goes_onto_the_part_behind_it() -> None:
    speaker = Speaker()
    speaker.start(PartStarted(0, K.REASONING, producer="gemini", field=BEFORE_CALL))
    assert speaker.delta(PartDelta(0, signature="s")) == []
    speaker.start(PartStarted(1, K.TOOL_CALL, id="c", name="f"))
    speaker.delta(PartDelta(1, '{"a":'))
    speaker.delta(PartDelta(1, "1}"))
    (said,) = speaker.end(PartEnded(1))
    assert said.part == {
        "functionCall": {"id": "c", "name": "f", "args": Raw(b'{"a":1}')},
        "thoughtSignature": "s",
    }
    assert speaker.unsaid(0) == []


def test_an_end_says_what_was_counted() -> None:
    fields = {f"{NAME}.candidates.0.safetyRatings": Raw(b"[]"), f"{NAME}.odd": Raw(b"1")}
    ends, beside = ending(
        Finished(StopReason.END, Usage(input_tokens=1, output_tokens=2), fields=fields), {0, 1}
    )
    assert ends[0] == {"finishReason": "STOP", "index": 0, "safetyRatings": Raw(b"[]")}
    assert set(ends) == {0, 1}
    counts = {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3}
    assert beside == {"odd": Raw(b"1"), "usageMetadata": counts}


def test_what_an_end_cannot_say() -> None:
    finished = Finished(
        StopReason.STOP_SEQUENCE,
        Usage(cache_write_tokens=4),
        stop_sequence="x",
        fields={"other.y": Raw(b"1")},
    )
    assert {loss.token for loss in finish_losses(finished)} == {
        "~stop",
        "stop_sequence",
        "usage.cache_write_tokens",
        "finished.other.y",
    }
