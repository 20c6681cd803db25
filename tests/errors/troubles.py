"""What can go wrong with the one target that is there, in the words of whoever it is.

A `Trouble` is told from the caller's side: what it means, not how it is said. How each API says it
is in `SAYS`, written from the vendors' pages on errors (OpenAI "Error codes", Claude API "Errors",
AIP-193, botocore's model of bedrock-runtime, Cohere "Errors", Ollama "Errors"; November 2026).
"""

import json
from collections.abc import Callable
from typing import NamedTuple

from understudy.wire.http import Headers

SECRET = "sk-upstream-canary-0123456789"
"""What a provider might repeat of the key that it was sent; never the caller's to see."""

GOOGLE = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
AWS = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}
ANTHROPIC = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
OPENAI = {
    401: ("invalid_request_error", "invalid_api_key"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("requests", "rate_limit_exceeded"),
    500: ("server_error", None),
    503: ("server_error", None),
}

STABILITY = {401: "unauthorized", 413: "payload_too_large", 429: "rate_limit_exceeded"}


class Trouble(NamedTuple):
    """`told` is the status that the caller should hear in plain HTTP: its own mistakes keep theirs,
    a key of ours that fails upstream is nobody's 401.

    `status` None: no answer at all; `flag` then is what a socket sees ("" for silence). `fault` is
    the simulator's, for what shows in the answer itself; `page` a body that no API wrote.
    `is_late`: some of it has been heard.
    """

    name: str
    told: int
    status: int | None = None
    words: str = ""
    wait: int | None = None
    flag: str = ""
    fault: str = ""
    is_late: bool = False
    is_callers: bool = False
    page: bytes | None = None


def _callers(name: str, status: int, words: str, told: int | None = None) -> Trouble:
    return Trouble(name, told or status, status, words, is_callers=True)


CONTEXT, POLICY = "context", "policy"

PAGE = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"

STATUSES = (
    _callers("invalid", 400, "temperature: expected at most 2"),
    Trouble("key", 502, 401, f"Incorrect API key provided: {SECRET}"),
    Trouble("forbidden", 502, 403, "not allowed to use this model"),
    Trouble("no_model", 502, 404, "The model `m-1` does not exist"),
    Trouble("timeout", 504, 408, "Operation timed out"),
    _callers("large", 413, "Request exceeds the maximum size"),
    _callers("unprocessable", 422, "tools[0]: field required"),
    Trouble("limited", 429, 429, "Rate limit reached", wait=7),
    Trouble("limited_unhinted", 429, 429, "Rate limit reached"),
    Trouble("broken", 502, 500, "Internal server error"),
    Trouble("page", 502, 502, page=PAGE),
    Trouble("unavailable", 503, 503, "The service is unavailable", wait=11),
    Trouble("overloaded", 503, 529, "Overloaded"),
    Trouble("gateway_timeout", 504, 504, "Deadline exceeded"),
    _callers(CONTEXT, 400, ""),
    _callers(POLICY, 400, ""),
)
SOCKETS = (
    Trouble("refused", 502, flag="connect_refused"),
    Trouble("reset", 502, flag="reset_before_headers"),
    Trouble("silence", 504),
)
BODIES = (
    Trouble("empty", 502, 200, page=b""),
    Trouble("html_200", 502, 200, fault="html_200"),
    Trouble("truncated", 502, 200, fault="truncated_json(share=0.6)"),
)
EARLY = (
    Trouble("error_first", 502, 200, fault="in_stream_error(after=0)"),
    Trouble("cut_first", 502, 200, fault="cut(after=0)"),
    Trouble("html_200", 502, 200, fault="html_200"),
)
LATE = (
    Trouble("error_late", 502, 200, fault="in_stream_error(after=5)", is_late=True),
    Trouble("cut_late", 502, 200, fault="cut(after=5)", is_late=True),
    Trouble("closed_late", 502, 200, fault="cut(after=5, how=fin)", is_late=True),
    Trouble("no_end", 502, 200, fault="missing_terminator(after=5)", is_late=True),
    Trouble("malformed_late", 502, 200, fault="malformed(after=5)", is_late=True),
    Trouble("stall_late", 504, 200, fault="stall(after=5)", is_late=True),
)
WHOLE = (*STATUSES, *SOCKETS, *BODIES)
STREAMED = (*STATUSES, *SOCKETS, *EARLY, *LATE)

NEVER = {"unprocessable": frozenset({"gemini_generate", "bedrock_converse", "bedrock_invoke"})}
"""What providers of some dialects never say: neither google.rpc.Code nor AWS has a 422."""

TOO_LONG = {
    "openai": "This model's maximum context length is 128000 tokens.",
    "anthropic": "prompt is too long: 208310 tokens > 200000 maximum",
    "google": "The input token count (1200000) exceeds the maximum number of tokens allowed",
    "aws": "Input is too long for requested model.",
    "cohere": "too many tokens: total number of tokens in the prompt exceeds the limit of 128000",
    "ollama": "the prompt is longer than the context length",
    "plain": "this model's context window is 8000 tokens",
}
REFUSED = "Invalid prompt: your prompt was flagged as potentially violating our usage policy."

Said = tuple[int, Headers, bytes]


def _openai(trouble: Trouble) -> Said:
    status = trouble.status or 500
    kind, code = OPENAI.get(status, ("invalid_request_error" if status < 500 else None, None))
    if trouble.name == CONTEXT:
        code = "context_length_exceeded"
    elif trouble.name == POLICY:
        code = "invalid_prompt"
    error = {"message": _words(trouble, "openai"), "type": kind, "param": None, "code": code}
    return status, ((b"x-request-id", b"up-1"),), json.dumps({"error": error}).encode()


def _anthropic(trouble: Trouble) -> Said:
    status = 529 if trouble.status == 503 else trouble.status or 500
    kind = ANTHROPIC.get(status, "invalid_request_error" if status < 500 else "api_error")
    error = {"type": kind, "message": _words(trouble, "anthropic")}
    body = {"type": "error", "error": error, "request_id": "req_upstream"}
    return status, ((b"request-id", b"req_upstream"),), json.dumps(body).encode()


def _google(trouble: Trouble) -> Said:
    status = trouble.status or 500
    named = GOOGLE.get(status, "INVALID_ARGUMENT" if status < 500 else "INTERNAL")
    error = {"code": status, "message": _words(trouble, "google"), "status": named}
    return status, (), json.dumps({"error": error}).encode()


def _aws(trouble: Trouble) -> Said:
    status = trouble.status or 500
    kind = AWS.get(status, "ValidationException" if status < 500 else "InternalServerException")
    named = f"{kind}:http://internal.amazon.com/".encode()
    fields = ((b"x-amzn-errortype", named), (b"x-amzn-requestid", b"up-1"))
    return status, fields, json.dumps({"message": _words(trouble, "aws")}).encode()


def _cohere(trouble: Trouble) -> Said:
    body = {"id": "up-1", "message": _words(trouble, "cohere")}
    return trouble.status or 500, (), json.dumps(body).encode()


def _ollama(trouble: Trouble) -> Said:
    return trouble.status or 500, (), json.dumps({"error": _words(trouble, "ollama")}).encode()


def _words(trouble: Trouble, family: str) -> str:
    if trouble.name == CONTEXT:
        return TOO_LONG[family]
    return REFUSED if trouble.name == POLICY else trouble.words


def _detail(trouble: Trouble) -> Said:
    return trouble.status or 500, (), json.dumps({"detail": _words(trouble, "plain")}).encode()


def _webui(trouble: Trouble) -> Said:
    words = _words(trouble, "plain")
    body = {"error": "HTTPException", "detail": words, "body": "", "errors": words}
    return trouble.status or 500, (), json.dumps(body).encode()


def _stability(trouble: Trouble) -> Said:
    status = trouble.status or 500
    name = STABILITY.get(status, "bad_request" if status < 500 else "internal_error")
    if trouble.name == POLICY:
        name = "content_moderation"
    body = {"id": "up-1", "name": name, "errors": [_words(trouble, "plain")]}
    return status, (), json.dumps(body).encode()


SAYS: dict[str, Callable[[Trouble], Said]] = {
    "openai_chat": _openai,
    "openai_responses": _openai,
    "openai_completions": _openai,
    "anthropic_messages": _anthropic,
    "gemini_generate": _google,
    "bedrock_converse": _aws,
    "bedrock_invoke": _aws,
    "cohere_chat": _cohere,
    "ollama_chat": _ollama,
}
OTHERS_SAY: dict[str, Callable[[Trouble], Said]] = {
    "openai_embeddings": _openai,
    "openai_moderation": _openai,
    "openai_images": _openai,
    "openai_transcription": _openai,
    "openai_speech": _openai,
    "openai_files": _openai,
    "mistral_moderation": _openai,
    "gemini_embeddings": _google,
    "cohere_embeddings": _cohere,
    "cohere_rerank": _cohere,
    "ollama_embeddings": _ollama,
    "jina_rerank": _detail,
    "voyage_rerank": _detail,
    "stability_images": _stability,
    "automatic1111_images": _webui,
}
"""The same of providers of anything but chat."""

TAXONOMIES = {
    "openai_chat": "openai",
    "openai_responses": "openai",
    "openai_completions": "openai",
    "anthropic_messages": "anthropic",
    "gemini_generate": "gemini",
    "bedrock_converse": "bedrock",
    "bedrock_invoke": "bedrock",
    "cohere_chat": "cohere",
    "ollama_chat": "ollama",
    "openai_embeddings": "openai",
    "openai_moderation": "openai",
    "openai_images": "openai",
    "openai_transcription": "openai",
    "openai_speech": "openai",
    "openai_files": "openai",
    "gemini_embeddings": "gemini",
    "cohere_embeddings": "cohere",
    "cohere_rerank": "cohere",
    "ollama_embeddings": "ollama",
}


def said(trouble: Trouble, dialect: str) -> Said:
    """The answer of a provider of that dialect that says no."""
    if trouble.page is not None:
        return trouble.status or 502, ((b"content-type", b"text/html"),), trouble.page
    status, fields, body = {**SAYS, **OTHERS_SAY}[dialect](trouble)
    fields = ((b"content-type", b"application/json"), *fields)
    if trouble.wait is not None:
        fields += ((b"retry-after", str(trouble.wait).encode()),)
    return status, fields, body
