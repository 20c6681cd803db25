"""Edits of a request that stays in this dialect. Its model is in the path, and nowhere else."""

from understudy.dialects.base import Edits
from understudy.dialects.bedrock_converse.schema import encode
from understudy.dialects.toplevel import locate, read_object


def edit_request(body: bytes, edits: Edits) -> bytes:
    """Put in the renames; every other byte stays. Raises: InvalidRequest."""
    if not any(name.encode() in body for name in edits.renames):
        return body
    spans = locate(read_object(body), body)
    changes = sorted(
        (spans[old].name_start, spans[old].name_end, encode(new))
        for old, new in edits.renames.items()
        if old in spans and new not in spans
    )
    pieces, at = [], 0
    for start, end, text in changes:
        pieces += [body[at:start], text]
        at = end
    return b"".join([*pieces, body[at:]])
