"""`stream_options`: how a client of OpenAI's older dialects asks a stream to say its usage."""

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.dialects.toplevel import Change, Raws, Span

_USAGE = b',"stream_options":{"include_usage":true}'
_decode = msgspec.json.Decoder(Raws).decode


def asking_usage(raws: Raws, spans: dict[str, Span]) -> list[Change]:
    """Set stream_options.include_usage, keeping what else stands there.

    Raises: InvalidRequest where the options are no object.
    """
    span = spans.get("stream_options")
    if span is None:
        end = max(field.end for field in spans.values())
        return [(end, end, _USAGE)]
    options: Raws = {}
    if bytes(raws["stream_options"]) != b"null":
        try:
            options = _decode(raws["stream_options"])
        except msgspec.MsgspecError:
            raise InvalidRequest("stream_options", "expected an object") from None
    if bytes(options.get("include_usage", b"")) == b"true":
        return []
    options["include_usage"] = msgspec.Raw(b"true")
    return [(span.start, span.end, msgspec.json.encode(options))]
