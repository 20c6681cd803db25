"""Requests, the neutral model to bytes for one endpoint. What cannot be said becomes a loss."""

from understudy.chat.endpoint import Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request
from understudy.dialects.bedrock_converse.address import write_path
from understudy.dialects.bedrock_converse.sampling import Inference
from understudy.dialects.bedrock_converse.schema import NAME, Object, encode
from understudy.dialects.bedrock_converse.thinking import Thinking, write_thinking
from understudy.dialects.bedrock_converse.tools import ToolWriter, merged
from understudy.dialects.bedrock_converse.turns import Conversation
from understudy.dialects.noting import Noting
from understudy.dialects.toplevel import rename
from understudy.wire.http import Headers, HttpRequest

_HEADERS: Headers = ((b"content-type", b"application/json"),)
_TEXT_ONLY = frozenset({(), ("text",)})
_METADATA = "requestMetadata"
_MOST_METADATA = 16
_LONGEST_METADATA = 256
_GUARDRAIL = "guardrailConfig"
_MODE = "streamProcessingMode"
_JOINED = frozenset({"outputConfig", "inferenceConfig", "toolConfig"})
_MORE = "additionalModelRequestFields"


def build_request(request: Request, endpoint: Endpoint) -> tuple[HttpRequest, tuple[Loss, ...]]:
    """Write `request` for `endpoint`."""
    builder = _Builder(request, endpoint)
    body = builder.body()
    rename(body, endpoint.renames)
    path = write_path(endpoint, stream=request.stream)
    written = HttpRequest("POST", path, _HEADERS + endpoint.headers, encode(body))
    return written, tuple(dict.fromkeys(builder.losses))


class _Builder(Noting):
    """One request being written."""

    def __init__(self, request: Request, endpoint: Endpoint) -> None:
        super().__init__()
        self._request = request
        self._endpoint = endpoint
        is_own = NAME in request.extensions
        self._conversation = Conversation(endpoint, is_own=is_own)

    def body(self) -> Object:
        request, conversation = self._request, self._conversation
        conversation.read(request.messages)
        self.losses += conversation.losses
        body: Object = {}
        if conversation.turns:
            body["messages"] = [turn.said() for turn in conversation.turns]
        if conversation.system:
            body["system"] = conversation.system
        self._inference(body)
        self._rest()
        self._metadata(body)
        self._extend(body)
        return body

    def _inference(self, body: Object) -> None:
        """All that says how to answer: sampling, thinking, tools, the answer's shape."""
        request, endpoint = self._request, self._endpoint
        thinking = self._thinking()
        inference = Inference(request, endpoint, thinks=thinking.is_on)
        self.losses += [*inference.losses, *thinking.losses]
        if inference.config:
            body["inferenceConfig"] = inference.config
        known = len(self._conversation.losses)
        writer = ToolWriter(request, endpoint, self._conversation)
        tools = writer.config()
        self.losses += self._conversation.losses[known:]
        if tools is not None:
            body["toolConfig"] = tools
        output = writer.output()
        if thinking.effort is not None:
            output["effort"] = thinking.effort
        if output:
            body["outputConfig"] = output
        self.losses += writer.losses
        more = {**inference.more, **thinking.fields}
        if more:
            body[_MORE] = more

    def _thinking(self) -> Thinking:
        limit = self._request.max_output_tokens
        most = self._endpoint.max_output_tokens
        if limit is not None and most is not None:
            limit = min(limit, most)
        return write_thinking(
            self._request, self._endpoint, limit, prefills=self._conversation.prefills
        )

    def _rest(self) -> None:
        request = self._request
        if request.user is not None:
            self.drop("user", "no word for it")
        if request.cache is not None:
            self.drop("cache", "where to cache must be said")
        if request.modalities not in _TEXT_ONLY:
            self.drop("modalities", "answers are text")

    def _metadata(self, body: Object) -> None:
        """The caller's own notes, as far as this dialect takes them ("requestMetadata")."""
        metadata = self._request.metadata
        if not metadata:
            return
        fits = len(metadata) <= _MOST_METADATA and all(
            len(value) <= _LONGEST_METADATA for value in metadata.values()
        )
        if "metadata" in self._endpoint.rejects or not fits:
            self.drop("metadata", "no room for it")
        else:
            body[_METADATA] = metadata

    def _extend(self, body: Object) -> None:
        """Add the fields that the neutral model has no word for, where they are this dialect's."""
        taken = self.taken(self._request.extensions, NAME, self._endpoint.rejects)
        for name, raw in taken.items():
            said = body.get(name)
            if name == _MORE:
                body[name] = _deep(merged({}, raw), said)
            elif name in _JOINED and isinstance(said, dict):
                body[name] = merged(said, raw)
            elif name not in body:
                body[name] = raw
        guardrail = body.get(_GUARDRAIL)
        if guardrail is not None and not self._request.stream:
            self._whole_guardrail(body)

    def _whole_guardrail(self, body: Object) -> None:
        """How to look at a stream means nothing where there is none, and is refused there."""
        raw = self._request.extensions.get(NAME, {}).get(_GUARDRAIL)
        if raw is None or _MODE.encode() not in bytes(raw):
            return
        fields = merged({}, raw)
        if fields.pop(_MODE, None) is not None:
            body[_GUARDRAIL] = fields
            reason = "nothing streams"
            where = f"extensions.{NAME}.{_GUARDRAIL}.{_MODE}"
            self.losses.append(Loss(where, reason, Change.CHANGED))


def _deep(kept: Object, said: object) -> Object:
    """Join two objects, and the objects that both have under one name."""
    if not isinstance(said, dict):
        return kept
    joined = {**kept, **said}
    for name in kept.keys() & said.keys():
        raw, new = kept[name], said[name]
        if isinstance(new, dict) and bytes(raw).startswith(b"{"):  # type: ignore[call-overload]
            joined[name] = merged(new, raw)  # type: ignore[arg-type]
    return joined
