"""The labs whose bodies are a prompt and its continuation: what each calls things (see `texts`).

A request's body tells whose it is by a field that only that lab has, or else by the model's name.
"""

import msgspec

from understudy.dialects.bedrock_invoke.texts import Object, Said, Words
from understudy.dialects.toplevel import Raws

_SAMPLING = {"temperature": "temperature", "top_p": "top_p"}
_COMMAND = frozenset({"p", "k", "stop_sequences", "num_generations", "return_likelihoods"})
_MISTRAL = frozenset({"max_tokens", "stop", "top_k"})


class _Titan(msgspec.Struct, frozen=True):
    outputText: str | None = ""  # noqa: N815 - the vendor's word
    completionReason: str | None = None  # noqa: N815 - the vendor's word
    tokenCount: float | None = None  # noqa: N815 - the vendor's word
    totalOutputTextTokenCount: float | None = None  # noqa: N815 - the vendor's word


class _Piece(msgspec.Struct, frozen=True):
    text: str | None = ""
    stop_reason: str | None = None
    finish_reason: str | None = None


_text = msgspec.json.Decoder(str | None).decode
_count = msgspec.json.Decoder(float | None).decode  # some say 28.0
_titans = msgspec.json.Decoder(list[_Titan]).decode
_pieces = msgspec.json.Decoder(list[_Piece]).decode
_NULL = msgspec.Raw(b"null")


def _titan(said: Said, _: str) -> Object:
    return {
        "outputText": said.text,
        "index": 0,
        "totalOutputTextTokenCount": said.wrote,
        "completionReason": said.stop,
        "inputTextTokenCount": said.asked,
    }


def _whole_titan(said: Said, _: str) -> Object:
    result = {
        "tokenCount": said.wrote or 0,
        "outputText": said.text,
        "completionReason": said.stop,
    }
    return {"inputTextTokenCount": said.asked or 0, "results": [result]}


def _read_titan(tree: Raws) -> Said | None:
    if "results" in tree:
        (result,) = _titans(tree["results"])[:1]
    elif "outputText" in tree:
        result = msgspec.json.decode(msgspec.json.encode(tree), type=_Titan)
    else:
        return None
    wrote = result.tokenCount if "results" in tree else result.totalOutputTextTokenCount
    asked = _count(tree.get("inputTextTokenCount", _NULL))
    return Said(result.outputText or "", result.completionReason, _whole(asked), _whole(wrote))


def _llama(said: Said, _: str) -> Object:
    return {
        "generation": said.text,
        "prompt_token_count": said.asked,
        "generation_token_count": said.wrote,
        "stop_reason": said.stop,
    }


def _read_llama(tree: Raws) -> Said | None:
    if "generation" not in tree:
        return None
    counts = (tree.get(name, _NULL) for name in ("prompt_token_count", "generation_token_count"))
    asked, wrote = (_whole(_count(raw)) for raw in counts)
    stop = _text(tree.get("stop_reason", _NULL))
    return Said(_text(tree["generation"]) or "", stop, asked, wrote)


def _mistral(said: Said, _: str) -> Object:
    return {"outputs": [{"text": said.text, "stop_reason": said.stop}]}


def _read_mistral(tree: Raws) -> Said | None:
    return _first(tree, "outputs")


def _deepseek(said: Said, _: str) -> Object:
    return {"choices": [{"text": said.text, "stop_reason": said.stop}]}


def _read_deepseek(tree: Raws) -> Said | None:
    return _first(tree, "choices") if b'"text"' in bytes(tree.get("choices", _NULL)) else None


def _command(said: Said, prompt: str) -> Object:
    generation = {"id": "0", "text": said.text, "finish_reason": said.stop}
    return {"id": "0", "generations": [generation], "prompt": prompt}


def _read_command(tree: Raws) -> Said | None:
    return _first(tree, "generations")


def _claude(said: Said, _: str) -> Object:
    return {
        "type": "completion",
        "completion": said.text,
        "stop_reason": said.stop,
        "stop": None,
    }


def _read_claude(tree: Raws) -> Said | None:
    if "completion" not in tree:
        return None
    stop = _text(tree.get("stop_reason", _NULL))
    return Said(_text(tree["completion"]) or "", stop)


def _first(tree: Raws, name: str) -> Said | None:
    if name not in tree:
        return None
    (piece,) = _pieces(tree[name])[:1]
    return Said(piece.text or "", piece.stop_reason or piece.finish_reason)


def _whole(count: float | None) -> int | None:
    return None if count is None else int(count)


def _is_titan(_: Raws, __: str) -> bool:
    """Those of its vectors have been tried before."""
    return True


def _is_llama(raws: Raws, model: str) -> bool:
    """Meta's, and what says no more than a prompt and how to sample."""
    names = ("mistral", "mixtral", "deepseek", "cohere", "claude")
    is_bare = raws.keys() <= {"prompt", "temperature", "top_p"}
    return "max_gen_len" in raws or "llama" in model or (is_bare and not _named(model, *names))


def _is_claude(raws: Raws, _: str) -> bool:
    return "max_tokens_to_sample" in raws


def _is_deepseek(_: Raws, model: str) -> bool:
    return "deepseek" in model


def _is_command(raws: Raws, model: str) -> bool:
    return "cohere" in model or not raws.keys().isdisjoint(_COMMAND)


def _is_mistral(raws: Raws, model: str) -> bool:
    return _named(model, "mistral", "mixtral") or not raws.keys().isdisjoint(_MISTRAL)


def _named(model: str, *names: str) -> bool:
    return any(name in model for name in names)


LABS = (
    Words(
        name="titan",
        prompt="inputText",
        config="textGenerationConfig",
        fields={
            "maxTokenCount": "max_tokens",
            "temperature": "temperature",
            "topP": "top_p",
            "stopSequences": "stop",
        },
        stops={"stop": "FINISH", "length": "LENGTH", "content_filter": "CONTENT_FILTERED"},
        write=_titan,
        whole=_whole_titan,
        read=_read_titan,
        is_asked=_is_titan,
    ),
    Words(
        name="claude",
        prompt="prompt",
        fields={
            **_SAMPLING,
            "max_tokens_to_sample": "max_tokens",
            "top_k": "top_k",
            "stop_sequences": "stop",
        },
        stops={"stop": "stop_sequence", "length": "max_tokens", "content_filter": "refusal"},
        write=_claude,
        read=_read_claude,
        is_asked=_is_claude,
    ),
    Words(
        name="llama",
        prompt="prompt",
        fields={**_SAMPLING, "max_gen_len": "max_tokens"},
        stops={"stop": "stop", "length": "length"},
        write=_llama,
        read=_read_llama,
        is_asked=_is_llama,
    ),
    Words(
        name="deepseek",
        prompt="prompt",
        fields={**_SAMPLING, "max_tokens": "max_tokens", "stop": "stop"},
        stops={"stop": "stop", "length": "length"},
        write=_deepseek,
        read=_read_deepseek,
        is_asked=_is_deepseek,
    ),
    Words(
        name="command",
        prompt="prompt",
        fields={
            "temperature": "temperature",
            "p": "top_p",
            "k": "top_k",
            "max_tokens": "max_tokens",
            "stop_sequences": "stop",
        },
        stops={"stop": "COMPLETE", "length": "MAX_TOKENS", "content_filter": "ERROR_TOXIC"},
        write=_command,
        read=_read_command,
        is_asked=_is_command,
    ),
    Words(
        name="mistral",
        prompt="prompt",
        fields={
            **_SAMPLING,
            "top_k": "top_k",
            "max_tokens": "max_tokens",
            "stop": "stop",
        },
        stops={"stop": "stop", "length": "length"},
        write=_mistral,
        read=_read_mistral,
        is_asked=_is_mistral,
    ),
)
"""In the order in which they are tried."""
