"""Skims a whole answer that goes to the client as it is: is it plainly good, what did it cost?

The schema admits only the commonest answer: one candidate, words and calls, counts that are
numbers. What it refuses is for the decoder, which reads everything.
"""

from typing import Literal

import msgspec

from understudy.chat.events import Finished
from understudy.chat.usage import Usage
from understudy.dialects.gemini_generate.stop import read_stop
from understudy.dialects.text import check_text


class _Kind(msgspec.Struct, gc=False):
    modality: str
    tokenCount: int = 0  # noqa: N815 - their name


class _Usage(msgspec.Struct, gc=False):
    promptTokenCount: int  # noqa: N815
    candidatesTokenCount: int = 0  # noqa: N815
    cachedContentTokenCount: int = 0  # noqa: N815
    toolUsePromptTokenCount: int = 0  # noqa: N815
    thoughtsTokenCount: int = 0  # noqa: N815
    promptTokensDetails: list[_Kind] = []  # noqa: N815
    candidatesTokensDetails: list[_Kind] = []  # noqa: N815


class _Call(msgspec.Struct, gc=False):
    name: str
    args: dict[str, msgspec.Raw] = {}


class _Part(msgspec.Struct, gc=False):
    text: str | None = None
    functionCall: _Call | None = None  # noqa: N815


class _Content(msgspec.Struct, gc=False):
    parts: list[_Part]


class _Candidate(msgspec.Struct, gc=False):
    content: _Content
    finishReason: Literal["STOP", "MAX_TOKENS"]  # noqa: N815
    index: Literal[0] = 0


class _Answer(msgspec.Struct, gc=False):
    candidates: list[_Candidate]
    usageMetadata: _Usage  # noqa: N815
    error: None = None
    promptFeedback: None = None  # noqa: N815


_decode = msgspec.json.Decoder(_Answer).decode


def skim(body: bytes) -> Finished | None:
    """Return the end of a plainly good answer; None where it takes more than a skim to tell."""
    try:
        check_text(body)
        answer = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if len(answer.candidates) != 1:
        return None
    candidate = answer.candidates[0]
    called = False
    for part in candidate.content.parts:
        if part.functionCall is not None:
            called = True
        elif not part.text:
            return None
    if not candidate.content.parts:
        return None
    native = candidate.finishReason
    return Finished(read_stop(native, called=called), _counted(answer.usageMetadata), native)


def _counted(said: _Usage) -> Usage:
    cached = min(said.cachedContentTokenCount, said.promptTokenCount)
    return Usage(
        said.promptTokenCount - cached + said.toolUsePromptTokenCount,
        cached,
        output_tokens=said.candidatesTokenCount + said.thoughtsTokenCount,
        reasoning_tokens=said.thoughtsTokenCount,
        audio_input_tokens=_audio(said.promptTokensDetails),
        audio_output_tokens=_audio(said.candidatesTokensDetails),
    )


def _audio(kinds: list[_Kind]) -> int:
    return sum(kind.tokenCount for kind in kinds if kind.modality == "AUDIO")
