"""Parts of a request as blocks of this dialect; what cannot be one becomes a loss."""

import msgspec

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.parts import (
    Audio,
    CacheHint,
    Document,
    Image,
    Inline,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
)
from understudy.chat.request import Role
from understudy.dialects.arguments import given
from understudy.dialects.bedrock_converse.ids import CallIds
from understudy.dialects.bedrock_converse.media import AUDIO, format_of
from understudy.dialects.bedrock_converse.papers import Papers
from understudy.dialects.bedrock_converse.pieces import JSON
from understudy.dialects.bedrock_converse.schema import (
    CITED,
    MALFORMED,
    NAME,
    REDACTED,
    Object,
    Raw,
    Raws,
)
from understudy.dialects.noting import Noting

Block = Object | Raw

_TTLS = frozenset({None, "5m", "1h"})


class BlockWriter(Noting):
    """Writes the parts of one request; notes what is lost on the way.

    `is_own`: the caller spoke this dialect, and is taken at their word.
    """

    def __init__(self, endpoint: Endpoint, *, is_own: bool) -> None:
        super().__init__()
        self._endpoint = endpoint
        self._is_own = is_own
        self._ids = CallIds()
        self._names: dict[str, str] = {}
        self._papers = Papers(endpoint, self.losses, is_own=is_own)

    def write(self, part: Part, role: Role, path: str, rest: Raws) -> Block | None:
        """One part as a block; None where nothing is left of it. `rest`: its further fields."""
        match part:
            case Text():
                return self._text(part, path, rest)
            case Image() | Document():
                return self._papers.write(part, role, path, rest)
            case Refusal() | Audio():
                return self._spoken(part, path)
            case Reasoning():
                return self._reasoning(part, role, path, rest)
            case ToolCall():
                return self._call(part, path, rest)
            case ToolResult():
                return self._result(part, path, rest)
            case Opaque(dialect=dialect, kind=kind, raw=raw):
                if dialect == NAME:
                    return raw
                return self._lost(path, f"a {kind[:40]} of another dialect")

    def next_turn(self) -> None:
        """The parts that follow belong to another turn."""
        self._ids.next_turn()

    def cache(self, hint: CacheHint | None, path: str) -> Object | None:
        """The point up to which to cache, as a block of its own.

        Models that cannot cache refuse the whole request, so only those that are known to take
        points get those that another dialect made.
        """
        if hint is None:
            return None
        known = "cache" in self._endpoint.accepts or self._is_own
        if not known or "cache" in self._endpoint.rejects:
            self.drop(f"{path}.cache", "this model is not known to cache")
            return None
        ttl = hint.ttl
        if ttl not in _TTLS:
            self.change(f"{path}.cache.ttl", f"1h, not {ttl}")
            ttl = "1h"
        point = {"type": "default"} if ttl is None else {"type": "default", "ttl": ttl}
        return {"cachePoint": point}

    def _text(self, part: Text, path: str, rest: Raws) -> Block | None:
        if not part.text.strip() and not self._is_own:
            if part.text or part.cache is not None:
                self.drop(path, "white space alone is refused")
            return None
        own = []
        for cited in part.citations:
            if cited.dialect == NAME and cited.raw is not None:
                own.append(cited.raw)
            else:
                self.drop(f"{path}.citations", "citations of another dialect")
        if own or CITED in rest:
            beside = {key: raw for key, raw in rest.items() if key != CITED}
            said: Object = {"content": [{"text": part.text}], **beside}
            return {CITED: {**said, "citations": own} if own else said}
        return self._papers.guarded({"text": part.text}, rest)

    def _audio(self, part: Audio, path: str) -> Block | None:
        if Capability.AUDIO_INPUT not in self._endpoint.capabilities:
            return self._lost(path, "this target hears nothing")
        source = part.source
        kind = format_of(AUDIO, source.media_type) if isinstance(source, Inline) else None
        if not isinstance(source, Inline) or kind is None:
            return self._lost(path, "expected sound of a known format inside the request")
        return {"audio": {"format": kind, "source": {"bytes": source.data_base64}}}

    def _spoken(self, part: Refusal | Audio, path: str) -> Block | None:
        """Speech; or what has no block of its own, said as text."""
        if isinstance(part, Audio) and part.source is not None:
            return self._audio(part, path)
        if isinstance(part, Refusal):
            what, text = "a refusal", part.text
        else:
            what, text = "speech", part.transcript or ""
        if not text.strip():
            return self._lost(path, f"no word for {what}")
        self.change(path, f"{what}, said as text")
        return {"text": text}

    def _lost(self, path: str, reason: str) -> Block | None:
        self.drop(path, reason)
        return None

    def _reasoning(self, part: Reasoning, role: Role, path: str, rest: Raws) -> Block | None:
        """A thought goes back to whose it is; one that nobody signed where the caller says so."""
        reads_back = part.producer == self._endpoint.producer and role is Role.ASSISTANT
        if part.encrypted is not None and reads_back and not part.text:
            return {"reasoningContent": {REDACTED: part.encrypted, **rest}}
        unsigned = self._is_own and part.signature is None and part.encrypted is None
        if (part.signature is not None and reads_back) or unsigned:
            said: Object = {"text": part.text, **rest}
            if part.signature is not None:
                said["signature"] = part.signature
            return {"reasoningContent": {"reasoningText": said}}
        if part.text or part.signature or part.encrypted:
            self.drop(path, "thoughts that this target did not sign")
        return None

    def _call(self, part: ToolCall, path: str, rest: Raws) -> Block:
        call_id = self._ids.for_call(part.id)
        self._names[part.id] = part.name
        if call_id != part.id:
            self.change(f"{path}.id", f"said as {call_id}")
        said = given(part.arguments, path, self.losses, is_custom=part.is_custom)
        return {"toolUse": {"toolUseId": call_id, "name": part.name, "input": said, **rest}}

    def _result(self, part: ToolResult, path: str, rest: Raws) -> Block:
        call_id = self._ids.for_result(part.call_id)
        if call_id != part.call_id:
            self.change(f"{path}.call_id", f"said as {call_id}")
        if part.name is not None and self._names.get(part.call_id) != part.name:
            self.drop(f"{path}.name", "a result says the id of its call only")
        content = []
        for number, inner in enumerate(part.content):
            start = f"content[{number}]."
            further = {k[len(start) :]: raw for k, raw in rest.items() if k.startswith(start)}
            said = self._inner(inner, f"{path}.content[{number}]", further)
            if said is not None:
                content.append(said)
        result: Object = {"toolUseId": call_id, "content": content}
        if part.is_error:
            result["status"] = "error"
        beside = {key: raw for key, raw in rest.items() if not key.startswith("content[")}
        return {"toolResult": {**result, **beside}}

    def _inner(self, part: Text | Image | Document | Opaque, path: str, rest: Raws) -> Block | None:
        if isinstance(part, Text) and JSON in rest:
            said = decode_json(part.text)
            beside = {key: raw for key, raw in rest.items() if key != JSON}
            return {"text": part.text} if said is None else {JSON: said, **beside}
        said_part = self.write(part, Role.TOOL, path, rest)
        if part.__class__ is not Opaque and getattr(part, "cache", None) is not None:
            self.drop(f"{path}.cache", "no cache point inside a result")
        return said_part


def decode_json(text: str) -> Raw | None:
    """A JSON value as it was written; None for text that is none."""
    try:
        return msgspec.json.decode(text.encode(), type=Raw)
    except MALFORMED:
        return None
