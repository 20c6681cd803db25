"""Usage: from what the provider counts to what is billed, and back.

`inputTokens` leaves out what was read from or written to the cache, `totalTokens` adds it up
(Amazon Bedrock API reference, "TokenUsage", 2026).
"""

from understudy.chat.loss import Change, Loss
from understudy.chat.usage import Usage
from understudy.dialects.bedrock_converse.schema import (
    MALFORMED,
    Raw,
    Raws,
    decode_any,
    decode_raws,
    encode,
    is_null,
    items,
    said,
)

_READ = "cacheReadInputTokens"
_WRITTEN = "cacheWriteInputTokens"
_DETAILS = "cacheDetails"
_KNOWN = frozenset({"inputTokens", "outputTokens", "totalTokens", _READ, _WRITTEN})
_SHARES = ("reasoning_tokens", "audio_input_tokens", "audio_output_tokens")


def read_usage(raws: Raws) -> Usage | None:
    """Read the fields of a usage object; None where there are none of them."""
    if not raws:
        return None
    return Usage(
        input_tokens=_count(raws.get("inputTokens")),
        cache_read_tokens=_count(raws.get(_READ)),
        cache_write_tokens=_count(raws.get(_WRITTEN)),
        output_tokens=_count(raws.get("outputTokens")),
        cache_write_1h_tokens=_written_for_long(raws.get(_DETAILS)),
    )


def usage_rest(raws: Raws) -> Raws:
    """What a usage object says beside that."""
    return {name: raw for name, raw in said(raws).items() if name not in _KNOWN}


def write_usage(usage: Usage | None, rest: Raw | None) -> dict[str, object]:
    """Say usage in this dialect, and beside it what `usage_rest` kept."""
    count = usage or Usage()
    tree: dict[str, object] = {
        "inputTokens": count.input_tokens,
        "outputTokens": count.output_tokens,
        "totalTokens": count.prompt_tokens + count.output_tokens,
    }
    if count.cache_read_tokens or count.cache_write_tokens:
        tree[_READ] = count.cache_read_tokens
        tree[_WRITTEN] = count.cache_write_tokens
    if count.cache_write_1h_tokens:
        details = [{"ttl": "1h", "inputTokens": count.cache_write_1h_tokens}]
        short = count.cache_write_tokens - count.cache_write_1h_tokens
        if short > 0:
            details.append({"ttl": "5m", "inputTokens": short})
        tree[_DETAILS] = details
    return tree if rest is None else {**tree, **decode_raws(rest)}


def rest_of(usage: Raws) -> Raws:
    """The rest as a field to keep, under the name `usage`; nothing where there is none."""
    rest = usage_rest(usage)
    return {"usage": Raw(encode(rest))} if rest else {}


def usage_losses(usage: Usage | None) -> list[Loss]:
    """Usage must be said here; and it has no word for shares of what was written."""
    if usage is None:
        return [Loss("usage", "nobody counted, said as 0", Change.CHANGED)]
    return [Loss(f"usage.{name}", "no word for it") for name in _SHARES if getattr(usage, name)]


def _written_for_long(raw: Raw | None) -> int:
    if raw is None or is_null(raw):
        return 0
    try:
        details = [decode_any(each) for each in items(raw)]
    except MALFORMED:
        return 0
    return sum(
        _count(Raw(encode(each.get("inputTokens"))))
        for each in details
        if isinstance(each, dict) and each.get("ttl") == "1h"
    )


def _count(raw: Raw | None) -> int:
    """A number of tokens; what is absent or no number counts as nothing."""
    if raw is None or is_null(raw):
        return 0
    text = bytes(raw)
    if text.isdigit():
        return int(text)
    value = decode_any(raw)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return max(0, int(value))
