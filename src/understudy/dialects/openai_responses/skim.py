"""Reads of a whole response that goes on as it is how it ended, when it is plainly good.

Whatever the types here do not admit (a refusal, a limit, an error, a tool that the provider runs)
is for the decoder to judge.
"""

from typing import Literal

import msgspec

from understudy.chat.events import Finished, StopReason
from understudy.dialects.openai_responses.answer import rest_of
from understudy.dialects.openai_responses.schema import MALFORMED, Raw, decode_raws, is_nothing
from understudy.dialects.openai_responses.status import COMPLETED
from understudy.dialects.openai_responses.usage import read_usage
from understudy.dialects.text import check_text

_COMPLETED = b'"completed"'


class _Part(msgspec.Struct, gc=False):
    type: Literal["output_text", "reasoning_text", "summary_text"]
    text: str


class _Item(msgspec.Struct, gc=False):
    type: Literal["message", "reasoning", "function_call"]
    id: str | None = None
    name: str | None = None
    call_id: str | None = None
    arguments: str | None = None
    encrypted_content: str | None = None
    content: list[_Part] | None = None
    summary: list[_Part] | None = None


_decode = msgspec.json.Decoder(list[_Item]).decode


def skim(body: bytes) -> Finished | None:
    """The end of an answer, as the decoder would say it; None: it takes the decoder to tell."""
    try:
        check_text(body)
        response = decode_raws(body)
        if not is_nothing(response.get("error")) or "incomplete_details" not in response:
            return None
        if bytes(response.get("status", Raw(b""))) != _COMPLETED:
            return None
        items = _decode(response["output"])
        calls = [item for item in items if item.type == "function_call"]
        if not all(item.name for item in calls):
            return None
        if not calls and not any(item.content for item in items if item.type == "message"):
            return None
        usage = response.get("usage")
        fields = rest_of(response, usage)
        stop = StopReason.TOOL_CALLS if calls else StopReason.END
        return Finished(stop, read_usage(usage), COMPLETED, fields=fields or None)
    except MALFORMED:
        return None
