"""What the dialects of Amazon Bedrock share: model ids in paths, and failures, in and out.

A failure has its type in `x-amzn-errortype`, its words in `{"message": "..."}`.

Source: the service model of botocore (bedrock-runtime, 2023-09-30), and its REST JSON parser, which
reads a type up to its `:` and after its `#` (`Name:http://...`, `com.amazon...#Name`), and writes
model ids with all but letters, digits and `-._~` percent-encoded.
"""

from collections.abc import Mapping, Sequence

import msgspec

from understudy.chat.failure import Failure, Fault, Signal, Surface
from understudy.dialects import complaints
from understudy.dialects.complaints import hinted, named, plain, short, waiting, word, worded
from understudy.wire.eventstream import Message, encode_message
from understudy.wire.http import Headers, ResponseHead, header

SIGNED_FOR = frozenset({b"bedrock", b"bedrock-mantle"})
"""The services that clients sign for: Converse and InvokeModel; a lab's own API served by AWS."""

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.encode
_MALFORMED = (msgspec.MsgspecError, UnicodeError, RecursionError, OverflowError, ValueError)
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
_TYPE = b"x-amzn-errortype"
_STATUSES = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
    504: "ModelTimeoutException",
}
_MODELLED = {401: 403, 409: 400, 422: 400, 502: 500, 504: 408, 529: 503}
"""Statuses that no exception of the model has, and those of the exceptions that say the same."""

_TOO_LONG = "Input is too long for requested model"
_CODES = {
    "invalid_signature": "InvalidSignatureException",
    "invalid_api_key": "UnrecognizedClientException",
}
"""Refusals of a gateway's own, by their code."""

_KNOWN = frozenset(_STATUSES.values()) | {"ModelNotReadyException", "ServiceQuotaExceededException"}
_IN_STREAMS = {
    "ThrottlingException": "throttlingException",
    "ModelNotReadyException": "throttlingException",
    "ValidationException": "validationException",
    "ServiceUnavailableException": "serviceUnavailableException",
    "ModelErrorException": "modelStreamErrorException",
    "ModelTimeoutException": "modelStreamErrorException",
}
"""A stream knows these, and `internalServerException` for the rest."""

_WAITS = frozenset({429, 503})


def parse_failure(head: ResponseHead, body: bytes) -> Signal:
    """Read a non-2xx answer. Never raises."""
    said = header(head.headers, _TYPE)
    return hinted(read_error(body, Surface.HTTP, b"" if said is None else said), head)


def read_error(body: bytes, surface: Surface, said: bytes = b"") -> Signal:
    """Read an error body; one of another shape is read for its words. Never raises.

    `said` is the type as a header field has it, which goes before that of the body.
    """
    try:
        tree = _decode(body)
    except _MALFORMED:
        tree = None
    named = _named(said.decode("latin-1"))
    if not isinstance(tree, dict):
        return Signal(surface, type=named, message=plain(body))
    output = tree.get("Output")
    if isinstance(output, dict):  # {"Output": {"__type": ...}, "Version": "1.0"}
        tree = output
    kind = named or _named(tree.get("__type")) or _named(tree.get("code"))
    message = word(tree.get("message")) or word(tree.get("Message")) or word(tree.get("error"))
    return Signal(surface, type=kind, message=short(message or plain(body)))


def read_exception(message: Message) -> Signal:
    """Read a message of a stream that is an exception, or an error that nobody modelled.

    Source: botocore's eventstream parser, `:message-type` exception and error.
    """
    name = message.header(":exception-type")
    if name:
        signal = read_error(message.payload, Surface.STREAM)
        return Signal(Surface.STREAM, type=signal.type, message=signal.message, event=name)
    code = message.header(":error-code")
    said = message.header(":error-message") or plain(message.payload)
    event = f"{code[:1].lower()}{code[1:]}" if code else "error"
    return Signal(Surface.STREAM, type=code or None, message=short(said), event=event)


def is_error(tree: Mapping[str, object]) -> bool:
    """Whether a body under 200 is an error."""
    return "output" not in tree and bool(tree.keys() & {"message", "Message", "__type", "Output"})


def render_failure(failure: Failure) -> tuple[int, Headers, bytes]:
    """Write a failure as a whole answer: status, header fields, body."""
    status = status_of(failure)
    headers: Headers = (
        (b"content-type", b"application/json"),
        (_TYPE, type_of(failure).encode("ascii", "replace")),
    )
    headers += named(failure, b"x-amzn-requestid")
    if status in _WAITS:
        headers += waiting(failure)
    return status, headers, error_body(failure)


def status_of(failure: Failure) -> int:
    """The status for a client: that of the exception which says it, where there is one."""
    status = complaints.status_of(failure)
    return _MODELLED.get(status, status)


def type_of(failure: Failure) -> str:
    """The name of the exception."""
    if failure.type in _KNOWN:
        return failure.type
    named = _CODES.get(failure.code or "")
    if named is not None and failure.fault is Fault.CLIENT:
        return named
    status = complaints.status_of(failure)
    default = "ValidationException" if status < 500 else "InternalServerException"
    return _STATUSES.get(status, default)


def error_body(failure: Failure) -> bytes:
    """The words of an error."""
    return _encode({"message": worded(failure, _TOO_LONG)})


def exception(failure: Failure) -> bytes:
    """The message that ends a stream as a failure: the official clients raise on it."""
    name = _IN_STREAMS.get(type_of(failure), "internalServerException")
    headers = (
        (":exception-type", name),
        (":content-type", "application/json"),
        (":message-type", "exception"),
    )
    return encode_message(headers, error_body(failure))


def _named(said: object) -> str | None:
    """The bare name of an error: without its namespace, and what follows a colon."""
    if not isinstance(said, str):
        return None
    return said.partition(":")[0].rpartition("#")[2].strip()[:200] or None


def quote(model: str) -> str:
    """Percent-encode a model id: the slash of an ARN is no part of the path.

    Whoever signs encodes that once more.
    """
    octets = model.encode("utf-8", "replace")
    return "".join(chr(each) if chr(each) in _PLAIN else f"%{each:02X}" for each in octets)


def models(names: Sequence[str]) -> bytes:
    """A list as `ListFoundationModels` says it (Amazon Bedrock API reference, 2026)."""
    return _encode({"modelSummaries": [_model(name) for name in names]})


def model(name: str) -> bytes:
    """One of them, as `GetFoundationModel` says it."""
    return _encode({"modelDetails": _model(name)})


def _model(name: str) -> dict[str, object]:
    return {"modelId": name, "modelName": name, "responseStreamingSupported": True}
