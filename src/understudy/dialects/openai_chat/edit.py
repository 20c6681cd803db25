"""Named edits of a request that stays in this dialect."""

import re
from functools import partial

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.dialects.base import Edits
from understudy.dialects.openai_chat.schema import decode_raws, encode
from understudy.dialects.toplevel import Change, Raws, Span, edit

_USAGE = b',"stream_options":{"include_usage":true}'
_DEVELOPER = re.compile(rb'"role"[ \t\r\n]*:[ \t\r\n]*("developer")')


def edit_request(body: bytes, edits: Edits) -> bytes:
    """Apply named edits; every byte that they do not name stays.

    A rename is of a top-level field, or of the role `developer`.

    Raises:
        InvalidRequest: the body is no request, or its stream_options are no object.
    """
    role = edits.renames.get("developer")
    if role is not None and b'"developer"' not in body:
        role = None
    if role is None and not edits.ask_usage:
        return edit(body, edits)
    return edit(body, edits, partial(_changes, body, role, asks=edits.ask_usage))


def _changes(
    body: bytes, role: str | None, raws: Raws, spans: dict[str, Span], *, asks: bool
) -> list[Change]:
    changes = []
    if asks:
        changes += _asking_usage(raws, spans)
    messages = spans.get("messages")
    if role is not None and messages is not None:
        # An unescaped quote is never inside a string: what matches is a field of a message.
        found = _DEVELOPER.finditer(body, messages.start, messages.end)
        changes += [(each.start(1), each.end(1), encode(role)) for each in found]
    return changes


def _asking_usage(raws: Raws, spans: dict[str, Span]) -> list[Change]:
    """Set stream_options.include_usage, keeping what else stands there."""
    span = spans.get("stream_options")
    if span is None:
        end = max(field.end for field in spans.values())
        return [(end, end, _USAGE)]
    options: Raws = {}
    if bytes(raws["stream_options"]) != b"null":
        try:
            options = decode_raws(raws["stream_options"])
        except msgspec.MsgspecError:
            raise InvalidRequest("stream_options", "expected an object") from None
    if bytes(options.get("include_usage", b"")) == b"true":
        return []
    options["include_usage"] = msgspec.Raw(b"true")
    return [(span.start, span.end, encode(options))]
