"""Edits of a request that stays in this dialect. Its model is in the path, and seldom here too."""

from understudy.dialects.base import Edits
from understudy.dialects.gemini_generate.schema import encode, word
from understudy.dialects.toplevel import Change, locate, read_object


def edit_request(body: bytes, edits: Edits) -> bytes:
    """Put in the model where the body says one, and the renames; every other byte stays.

    Raises: InvalidRequest, MsgspecError for a model that is no string.
    """
    names = ("model", *edits.renames)
    if not any(name.encode() in body for name in names):
        return body
    spans = locate(raws := read_object(body), body)
    changes: list[Change] = []
    if "model" in spans and word(raws["model"]).removeprefix("models/") != edits.model:
        found = spans["model"]
        changes.append((found.start, found.end, encode(f"models/{edits.model}")))
    for old, new in edits.renames.items():
        if old in spans and new not in spans:
            changes.append((spans[old].name_start, spans[old].name_end, encode(new)))
    pieces, at = [], 0
    for start, end, text in sorted(changes):
        pieces += [body[at:start], text]
        at = end
    return b"".join([*pieces, body[at:]])
