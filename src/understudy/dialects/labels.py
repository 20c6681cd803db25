"""Who asks, and the caller's own notes: as much of them as a vendor takes.

Sources: OpenAI API reference, "metadata" (16 pairs, keys of 64 and values of 512 characters) and
"safety_identifier" (64); Claude API reference, "metadata.user_id" (256); botocore's RequestMetadata
(16 pairs of 256 characters, of few kinds), November 2026. More is answered with 400.
"""

import hashlib
import re
from typing import NamedTuple

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request


class Notes(NamedTuple):
    """How many pairs, how long their keys and values, and what may not stand in either."""

    pairs: int
    key: int
    value: int
    bad: re.Pattern[str] | None = None


_OPENAI = Notes(16, 64, 512)
_NOTES = {
    "openai_chat": _OPENAI,
    "openai_responses": _OPENAI,
    "bedrock_converse": Notes(16, 256, 256, re.compile(r"[^a-zA-Z0-9\s:_@$#=/+,.-]")),
}
_LONGEST_USER = {"anthropic_messages": 256, "bedrock_invoke": 256, "vertex_anthropic": 256}


def with_short_labels(request: Request, endpoint: Endpoint, losses: list[Loss]) -> Request:
    """The request with labels that `endpoint` takes. Adds to `losses` what changed."""
    if request.user is None and not request.metadata:
        return request
    user, metadata = request.user, request.metadata
    most = endpoint.limits.user or _LONGEST_USER.get(endpoint.dialect)
    if user is not None and most is not None and len(user) > most:
        user = hashlib.sha256(user.encode("utf-8", "replace")).hexdigest()[:most]
        reason = f"said as its hash: at most {most} characters are taken"
        losses.append(Loss("user", reason, Change.CHANGED))
    notes = _NOTES.get(endpoint.dialect)
    if metadata and notes is not None:
        metadata = _fitting(metadata, notes, losses)
    if user is request.user and metadata is request.metadata:
        return request
    return msgspec.structs.replace(request, user=user, metadata=metadata)


def _fitting(metadata: dict[str, str], notes: Notes, losses: list[Loss]) -> dict[str, str] | None:
    """The first pairs that can be said, their values as far as they can."""
    fitting: dict[str, str] = {}
    for key, value in metadata.items():
        is_bad = notes.bad is not None and notes.bad.search(key) is not None
        if key and len(key) <= notes.key and not is_bad and len(fitting) < notes.pairs:
            plain = value if notes.bad is None else notes.bad.sub("_", value)
            fitting[key] = plain[: notes.value]
    if fitting != metadata:
        cut = sum(value != metadata[key] for key, value in fitting.items())
        reason = f"{len(fitting)} of {len(metadata)} pairs, {cut} of them shortened"
        losses.append(Loss("metadata", reason, Change.CHANGED if fitting else Change.DROPPED))
    return fitting or None
