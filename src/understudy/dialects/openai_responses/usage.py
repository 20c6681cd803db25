"""Usage: from what providers count to what is billed, and back.

`input_tokens` includes what was read from and written to a cache, `output_tokens` includes
reasoning (OpenAI API reference, "The response object", 2026).
"""

import msgspec

from understudy.chat.loss import Loss
from understudy.chat.usage import Usage
from understudy.dialects.openai_responses.schema import Raw, decode_tree, encode

_INPUT = "input_tokens_details"
_OUTPUT = "output_tokens_details"
_KNOWN: dict[str, frozenset[str]] = {
    "input_tokens": frozenset(),
    "output_tokens": frozenset(),
    "total_tokens": frozenset(),
    _INPUT: frozenset({"cached_tokens", "cache_write_tokens"}),
    _OUTPUT: frozenset({"reasoning_tokens"}),
}


def read_usage(raw: Raw | bytes | None) -> Usage | None:
    """Read a usage object; None where it counts nothing that we know."""
    if raw is None:
        return None
    try:
        tree = decode_tree(raw)
    except msgspec.MsgspecError:
        return None
    if "input_tokens" not in tree and "output_tokens" not in tree:
        return None
    prompt = _count(tree, "input_tokens")
    read = min(_count(tree, _INPUT, "cached_tokens"), prompt)
    written = min(_count(tree, _INPUT, "cache_write_tokens"), prompt - read)
    return Usage(
        input_tokens=prompt - read - written,
        cache_read_tokens=read,
        cache_write_tokens=written,
        output_tokens=_count(tree, "output_tokens"),
        reasoning_tokens=_count(tree, _OUTPUT, "reasoning_tokens"),
    )


def usage_rest(raw: Raw | bytes | None) -> Raw | None:
    """What a usage object says beside that (prices, tools used); None when nothing."""
    if raw is None:
        return None
    rest: dict[str, object] = {}
    for name, value in decode_tree(raw).items():
        if value is None:
            continue
        known = _KNOWN.get(name)
        if known is None:
            rest[name] = value
        elif isinstance(value, dict) and not known.issuperset(value):
            rest[name] = {key: each for key, each in value.items() if key not in known}
    return Raw(encode(rest)) if rest else None


def write_usage(usage: Usage, rest: Raw | None = None) -> dict[str, object]:
    """Say usage in this dialect, and beside it the `rest` that `usage_rest` kept."""
    details = {
        "cached_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
    }
    said: dict[str, object] = {
        "input_tokens": usage.prompt_tokens,
        _INPUT: details,
        "output_tokens": usage.output_tokens,
        _OUTPUT: {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.prompt_tokens + usage.output_tokens,
    }
    for name, value in ({} if rest is None else decode_tree(rest)).items():
        old = said.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            said[name] = {**old, **value}
        else:
            said.setdefault(name, value)
    return said


def usage_losses(usage: Usage) -> list[Loss]:
    """What these counts have no place for."""
    shares = {
        "audio_input_tokens": usage.audio_input_tokens,
        "audio_output_tokens": usage.audio_output_tokens,
    }
    return [Loss(f"usage.{name}", "no word for it") for name, count in shares.items() if count]


def _count(tree: dict[str, object], *path: str) -> int:
    value: object = tree
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return max(0, int(value))
