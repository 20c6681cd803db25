"""How tokens are counted: by a model of the name `count-tokens`, which is told whose tokens.

Source: Google Cloud, "Count tokens for Claude models" (2025): the body names the model, and what
comes back is Anthropic's own answer; so does `AnthropicVertex.messages.count_tokens`.
"""

import msgspec
from msgspec.structs import replace

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.dialects.base import Dialect
from understudy.dialects.counting import Counts
from understudy.dialects.toplevel import read_object
from understudy.dialects.vertex_raw.dialect import WHOLE, in_path

_COUNTER = "count-tokens"
_MODEL = "model"

_encode = msgspec.json.encode
_name = msgspec.json.Decoder(str).decode


def counts_of(chat: Dialect, inside: Counts) -> Counts:
    """How a publisher counts: as `inside`, in the envelope of its dialect `chat`."""

    def inner(body: bytes, path: str) -> tuple[bytes, str]:
        raws = read_object(inside.inner(body, "")[0])
        try:
            model = in_path(_name(raws.pop(_MODEL, msgspec.Raw(b"null"))))
        except msgspec.MsgspecError:
            raise InvalidRequest(_MODEL, "expected the name of a model") from None
        return _encode(raws), path.replace(_COUNTER + WHOLE, model + WHOLE)

    def outer(body: bytes, endpoint: Endpoint) -> bytes:
        return _encode({_MODEL: endpoint.model, **read_object(inside.outer(body, endpoint))})

    def path(endpoint: Endpoint) -> str:
        return chat.path(replace(endpoint, model=_COUNTER), stream=False)

    known = (path for path in chat.chat_paths() if path.endswith(WHOLE))
    paths = tuple(path.replace("{model}", _COUNTER) for path in known)
    return Counts(chat, paths, inner, outer, path, inside.total, inside.answer)
