"""Named edits of a request that stays in this dialect."""

import re
from functools import partial

from understudy.dialects.base import Edits
from understudy.dialects.openai_chat.schema import encode
from understudy.dialects.stream_options import asking_usage
from understudy.dialects.toplevel import Change, Raws, Span, edit

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
        changes += asking_usage(raws, spans)
    messages = spans.get("messages")
    if role is not None and messages is not None:
        # An unescaped quote is never inside a string: what matches is a field of a message.
        found = _DEVELOPER.finditer(body, messages.start, messages.end)
        changes += [(each.start(1), each.end(1), encode(role)) for each in found]
    return changes
