"""Usage: from what the provider counts to what is billed, and back.

`promptTokenCount` includes what was cached, not what tools read; thoughts are counted beside
`candidatesTokenCount` and billed like it (ai.google.dev/api/generate-content, "UsageMetadata").
"""

from understudy.chat.usage import Usage
from understudy.dialects.gemini_generate.schema import (
    MALFORMED,
    MODALITIES,
    Raw,
    Raws,
    decode_any,
    decode_raw_list,
    decode_raws,
    encode,
)

_PROMPT = "promptTokenCount"
_CACHED = "cachedContentTokenCount"
_TOOLS = "toolUsePromptTokenCount"
_SAID = "candidatesTokenCount"
_THOUGHT = "thoughtsTokenCount"
_TOTAL = "totalTokenCount"
_KNOWN = frozenset({_PROMPT, _CACHED, _SAID, _THOUGHT, _TOTAL})


def read_usage(raws: Raws) -> Usage:
    """Read a usage object; what is absent or no number counts as nothing."""
    prompt, thoughts = _count(raws.get(_PROMPT)), _count(raws.get(_THOUGHT))
    cached = min(_count(raws.get(_CACHED)), prompt)
    return Usage(
        input_tokens=prompt - cached + _count(raws.get(_TOOLS)),
        cache_read_tokens=cached,
        output_tokens=_count(raws.get(_SAID)) + thoughts,
        reasoning_tokens=thoughts,
        audio_input_tokens=_audio(raws.get("promptTokensDetails")),
        audio_output_tokens=_audio(raws.get("candidatesTokensDetails")),
    )


def usage_rest(raws: Raws) -> Raw | None:
    """What a usage object says beside that: kinds of tokens, tiers. None when nothing."""
    rest = {name: raw for name, raw in raws.items() if name not in _KNOWN}
    return Raw(encode(rest)) if rest else None


def write_usage(usage: Usage, rest: Raw | None) -> dict[str, object]:
    """Say usage in this dialect, and beside it what `usage_rest` kept."""
    beside = {} if rest is None else decode_raws(rest)
    tools = min(_count(beside.get(_TOOLS)), usage.prompt_tokens)
    prompt, said = usage.prompt_tokens - tools, usage.output_tokens - usage.reasoning_tokens
    tree: dict[str, object] = {_PROMPT: prompt, _SAID: said}
    if usage.reasoning_tokens:
        tree[_THOUGHT] = usage.reasoning_tokens
    if usage.cache_read_tokens:
        tree[_CACHED] = usage.cache_read_tokens
    tree[_TOTAL] = usage.prompt_tokens + usage.output_tokens
    for name, count in (
        ("promptTokensDetails", usage.audio_input_tokens),
        ("candidatesTokensDetails", usage.audio_output_tokens),
    ):
        if count and name not in beside:
            tree[name] = [{"modality": "AUDIO", "tokenCount": count}]
    return {**tree, **beside}


def _audio(raw: Raw | None) -> int:
    """The tokens of sound among the kinds of tokens."""
    try:
        kinds = [decode_raws(each) for each in decode_raw_list(raw)] if raw is not None else []
    except MALFORMED:
        return 0
    return sum(_count(each.get("tokenCount")) for each in kinds if _modality(each) == "AUDIO")


def _modality(kind: Raws) -> object:
    value = decode_any(kind.get("modality", b"null"))
    return MODALITIES.get(value) if isinstance(value, int) else value


def _count(raw: Raw | None) -> int:
    """A count; protobuf writes long ones as strings."""
    text = b"" if raw is None else bytes(raw).strip(b'"')
    return int(text) if text.isdigit() and len(text) < 19 else 0
