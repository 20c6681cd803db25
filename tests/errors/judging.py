"""What each vendor's client should raise, by the vendor's own list; what is amiss with what it did.

`amiss` returns sentences, none where all is well. The lists are those of the official packages
(openai, anthropic, google-genai, botocore's model, cohere, ollama) and of the vendors' pages on
errors, November 2026.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import anthropic
import cohere.errors
import ollama
import openai
from botocore.exceptions import ClientError, EventStreamError  # type: ignore[import-untyped]
from cohere.core.api_error import ApiError
from google.genai import errors as google
from tests.errors.callers import AWS, EndedByError
from tests.errors.lone import TARGET, Told
from tests.errors.troubles import CONTEXT, POLICY, SECRET, Trouble

ADVICE = re.compile(r"\b(try again|whoever runs|another target|make the request)\b")
"""What a message says to do, one way or another."""

Amiss = Iterator[str]

_OPENAI_TYPES = {
    400: {"invalid_request_error"},
    413: {"invalid_request_error"},
    422: {"invalid_request_error"},
    429: {"rate_limit_error", "requests", "tokens", "insufficient_quota"},
    500: {"server_error"},
    502: {"server_error"},
    503: {"server_error", "service_unavailable_error"},
    504: {"server_error"},
}
_OPENAI_CLASSES: Mapping[int, type[Exception]] = {
    400: openai.BadRequestError,
    413: openai.APIStatusError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
}
_OPENAI_CODES = {
    CONTEXT: {"context_length_exceeded"},
    POLICY: {"content_policy_violation", "invalid_prompt"},
    "limited": {"rate_limit_exceeded"},
    "limited_unhinted": {"rate_limit_exceeded"},
}
_ANTHROPIC: Mapping[int, tuple[type[Exception], str]] = {
    400: (anthropic.BadRequestError, "invalid_request_error"),
    413: (anthropic.APIStatusError, "request_too_large"),
    422: (anthropic.UnprocessableEntityError, "invalid_request_error"),
    429: (anthropic.RateLimitError, "rate_limit_error"),
    502: (anthropic.InternalServerError, "api_error"),
    504: (anthropic.APIStatusError, "timeout_error"),
    529: (anthropic.APIStatusError, "overloaded_error"),
}
_GOOGLE = {
    400: "INVALID_ARGUMENT",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    502: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_AWS = {
    400: ("ValidationException", 400),
    413: ("ValidationException", 413),
    422: ("ValidationException", 400),
    429: ("ThrottlingException", 429),
    502: ("InternalServerException", 500),
    503: ("ServiceUnavailableException", 503),
    504: ("ModelTimeoutException", 408),
}
_AWS_STREAM = {
    502: {"internalServerException", "modelStreamErrorException"},
    504: {"modelStreamErrorException"},
}
_COHERE: Mapping[int, type[ApiError]] = {
    400: cohere.errors.BadRequestError,
    413: ApiError,
    422: cohere.errors.UnprocessableEntityError,
    429: cohere.errors.TooManyRequestsError,
    500: cohere.errors.InternalServerError,
    503: cohere.errors.ServiceUnavailableError,
    504: cohere.errors.GatewayTimeoutError,
}


def amiss(caller: str, trouble: Trouble, told: Told, error: Exception | None, text: str) -> Amiss:
    """Whatever is not as an application of that vendor would expect."""
    if error is None:
        yield "nothing is raised"
        return
    if "<END>" in text:
        yield "an answer that broke off has an end"
    if trouble.is_late != bool(text):
        yield f"text before the error: {text[:40]!r}"
    if SECRET in str(error):
        yield "a provider's key is shown"
    if not trouble.is_late:
        yield from hints_at(told, trouble)
    yield from JUDGES[caller.removesuffix("_v1").removesuffix("_array")](trouble, told, error)


def hints_at(told: Told, trouble: Trouble) -> Amiss:
    """What header fields must say, whatever the API."""
    if trouble.wait is not None:
        wait = told.field("retry-after")
        if wait is None or int(wait) < trouble.wait:
            yield f"retry-after is {wait}, not {trouble.wait}"
    kind = told.field("content-type") or ""
    if not kind.startswith("application/json"):
        yield f"content-type is {kind}"


def said_well(trouble: Trouble, message: object) -> Amiss:
    """What the words must name: what happened, whose trouble it is, what to do."""
    if not isinstance(message, str) or not message:
        yield f"message is {message!r}"
        return
    is_kept = trouble.words in message or SECRET in trouble.words
    if not is_kept:
        yield f"the provider's own words are gone: {message}"
    if not trouble.is_callers:
        if TARGET not in message:
            yield f"the target is not named: {message}"
        if ADVICE.search(message) is None:
            yield f"nothing says what to do: {message}"


def _openai(trouble: Trouble, told: Told, error: Exception) -> Amiss:
    if not isinstance(error, openai.APIError):
        yield f"{type(error).__name__} is none of openai's"
        return
    body: Any = error.body
    if not isinstance(body, dict) or not body.keys() >= {"message", "type", "param", "code"}:
        yield f"body is {body!r}"
        return
    yield from said_well(trouble, body["message"])
    if body["type"] not in _OPENAI_TYPES[trouble.told]:
        yield f"type is {body['type']} for {trouble.told}"
    if trouble.name in _OPENAI_CODES and body["code"] not in _OPENAI_CODES[trouble.name]:
        yield f"code is {body['code']}"
    if trouble.is_late:
        if type(error) is not openai.APIError:
            yield f"{type(error).__name__} in a stream"
        return
    wanted = _OPENAI_CLASSES.get(trouble.told, openai.InternalServerError)
    if not isinstance(error, wanted) or error.status_code != trouble.told:  # type: ignore[attr-defined]
        yield f"{type(error).__name__} {told.status}, not {wanted.__name__} {trouble.told}"
    elif not error.request_id:  # type: ignore[attr-defined]
        yield "no x-request-id"


def _anthropic(trouble: Trouble, told: Told, error: Exception) -> Amiss:
    status = 529 if trouble.told == 503 else trouble.told
    wanted, kind = _ANTHROPIC[status]
    if not isinstance(error, anthropic.APIStatusError):
        yield f"{type(error).__name__} is none of anthropic's"
        return
    body: Any = error.body
    if not isinstance(body, dict) or body.get("type") != "error" or "request_id" not in body:
        yield f"body is {body!r}"
        return
    if body["error"].get("type") != kind:
        yield f"type is {body['error'].get('type')}, not {kind}"
    yield from said_well(trouble, body["error"].get("message"))
    if trouble.name == CONTEXT and not error.message.count("prompt is too long"):
        yield f"{error.message!r} is not how a context is overrun here"
    if trouble.is_late:
        return
    if not isinstance(error, wanted) or error.status_code != status:
        yield f"{type(error).__name__} {told.status}, not {wanted.__name__} {status}"
    if not error.request_id:
        yield "no request-id"


def _google(trouble: Trouble, told: Told, error: Exception) -> Amiss:
    if not isinstance(error, google.APIError):
        yield f"{type(error).__name__} is none of google.genai's: {error}"
        return
    status = 400 if trouble.told == 422 else trouble.told
    wanted = google.ClientError if status < 500 else google.ServerError
    if not isinstance(error, wanted) or error.code != status:
        yield f"{type(error).__name__} {error.code}, not {wanted.__name__} {status}"
    if error.status != _GOOGLE[status]:
        yield f"status is {error.status}, not {_GOOGLE[status]}"
    details: Any = error.details
    if not isinstance(details, dict) or not isinstance(details.get("error"), dict):
        yield f"details are {details!r}"
    yield from said_well(trouble, error.message)


def _aws(trouble: Trouble, told: Told, error: Exception) -> Amiss:
    if not isinstance(error, ClientError):
        yield f"{type(error).__name__} is none of botocore's"
        return
    said: Any = error.response
    code = said["Error"]["Code"]
    yield from said_well(trouble, said["Error"]["Message"])
    if trouble.is_late:
        if not isinstance(error, EventStreamError) or code not in _AWS_STREAM[trouble.told]:
            yield f"{type(error).__name__} {code} in a stream"
        return
    wanted, status = _AWS[trouble.told]
    if code != wanted or not isinstance(error, getattr(AWS.exceptions, wanted)):
        yield f"{type(error).__name__} {code}, not {wanted}"
    meta = said["ResponseMetadata"]
    if meta["HTTPStatusCode"] != status:
        yield f"status is {meta['HTTPStatusCode']}, not {status}"
    if not meta.get("RequestId"):
        yield "no x-amzn-requestid"
    if trouble.name == CONTEXT and "too long" not in said["Error"]["Message"]:
        yield "not how a context is overrun here"


def _cohere(trouble: Trouble, told: Told, error: Exception) -> Amiss:
    if isinstance(error, EndedByError):
        if not trouble.is_late:
            yield "an end of kind ERROR where nothing was said"
        yield from said_well(trouble, str(error))
        return
    if not isinstance(error, ApiError):
        yield f"{type(error).__name__} is none of cohere's"
        return
    status = 503 if trouble.told == 502 else trouble.told
    wanted = _COHERE[status]
    if type(error) is not wanted or error.status_code != status:
        yield f"{type(error).__name__} {error.status_code}, not {wanted.__name__} {status}"
    body: Any = error.body
    if not isinstance(body, dict) or not body.get("id"):
        yield f"body is {body!r}"
        return
    yield from said_well(trouble, body.get("message"))
    if trouble.name == CONTEXT and not body["message"].startswith("too many tokens"):
        yield "not how a context is overrun here"


def _ollama(trouble: Trouble, told: Told, error: Exception) -> Amiss:
    if not isinstance(error, ollama.ResponseError):
        yield f"{type(error).__name__} is none of ollama's"
        return
    if not trouble.is_late and error.status_code != trouble.told:
        yield f"status is {error.status_code}, not {trouble.told}"
    yield from said_well(trouble, error.error)


JUDGES: Mapping[str, Callable[[Trouble, Told, Exception], Amiss]] = {
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
