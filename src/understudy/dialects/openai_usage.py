"""Usage as OpenAI says it: from what providers count to what is billed, and back.

`prompt_tokens` includes what was read from and written to a cache, and `completion_tokens`
includes reasoning (OpenAI API reference, "usage"). xAI and Google count
reasoning beside `completion_tokens`, which shows in a `total_tokens` that is the sum of all
three; Google does not say how much it was. Mistral counts a prompt's audio beside
`prompt_tokens`, which shows in the same way.
"""

import msgspec

from understudy.chat.usage import Usage

Raw = msgspec.Raw

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.encode
_PROMPT = "prompt_tokens_details"
_COMPLETION = "completion_tokens_details"
_KNOWN: dict[str, frozenset[str] | None] = {
    "prompt_tokens": None,
    "completion_tokens": None,
    "total_tokens": None,
    _PROMPT: frozenset({"cached_tokens", "cache_write_tokens", "audio_tokens"}),
    _COMPLETION: frozenset({"reasoning_tokens", "audio_tokens"}),
}


def read_usage(raw: Raw | bytes) -> Usage | None:
    """Read a usage object; None where it counts nothing that we know."""
    try:
        tree = _tree(raw)
    except msgspec.MsgspecError:
        return None
    if tree.get("prompt_tokens") is None and tree.get("completion_tokens") is None:
        return None
    prompt, output = _count(tree, "prompt_tokens"), _count(tree, "completion_tokens")
    read = (
        _count(tree, _PROMPT, "cached_tokens")
        or _count(tree, "prompt_cache_hit_tokens")
        or _count(tree, "cached_tokens")
        or _count(tree, "num_cached_tokens")
    )
    audio = _count(tree, _PROMPT, "audio_tokens")
    beside = _count(tree, "total_tokens") - prompt - output
    if 0 < audio == beside:
        prompt, beside = prompt + audio, 0
    read = min(read, prompt)
    written = min(_count(tree, _PROMPT, "cache_write_tokens"), prompt - read)
    reasoning = _count(tree, _COMPLETION, "reasoning_tokens")
    reasoning = reasoning or min(_count(tree, "reasoning_tokens"), output)
    if beside > 0 and reasoning in (0, beside):
        output, reasoning = output + beside, beside
    reasoning = min(reasoning, output)
    return Usage(
        input_tokens=prompt - read - written,
        cache_read_tokens=read,
        cache_write_tokens=written,
        output_tokens=output,
        reasoning_tokens=reasoning,
        audio_input_tokens=audio,
        audio_output_tokens=_count(tree, _COMPLETION, "audio_tokens"),
    )


def usage_rest(raw: Raw | bytes) -> Raw | None:
    """What a usage object says beside that: prices, timings, kinds of tokens. None when nothing."""
    rest: dict[str, object] = {}
    for name, value in _tree(raw).items():
        known = _KNOWN.get(name, frozenset())
        if known is None or value is None:
            continue
        if not known or not isinstance(value, dict):
            rest[name] = value
        elif not known.issuperset(value):
            rest[name] = {key: each for key, each in value.items() if key not in known}
    return Raw(_encode(rest)) if rest else None


def write_usage(usage: Usage, rest: Raw | None = None) -> bytes:
    """Say usage in this dialect, and beside it the `rest` that `usage_rest` kept."""
    details = {
        "cached_tokens": usage.cache_read_tokens,
        "audio_tokens": usage.audio_input_tokens,
    }
    if usage.cache_write_tokens:
        details["cache_write_tokens"] = usage.cache_write_tokens
    tree: dict[str, object] = {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.prompt_tokens + usage.output_tokens,
        _PROMPT: details,
        _COMPLETION: {
            "reasoning_tokens": usage.reasoning_tokens,
            "audio_tokens": usage.audio_output_tokens,
        },
    }
    return _encode(tree if rest is None else _joined(tree, _tree(rest)))


def _joined(tree: dict[str, object], rest: dict[str, object]) -> dict[str, object]:
    """Add what was kept; objects are added to field by field."""
    joined = dict(tree)
    for name, value in rest.items():
        old = tree.get(name)
        joined[name] = (
            {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
        )
    return joined


def _tree(raw: Raw | bytes) -> dict[str, object]:
    """An object; {} for anything else."""
    tree = _decode(raw)
    return tree if isinstance(tree, dict) else {}


def _count(tree: dict[str, object], *path: str) -> int:
    value: object = tree
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return max(0, int(value))
