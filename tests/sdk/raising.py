"""Official clients as their users call them, and what those get to catch for a status.

The exceptions are those of each vendor's package and of its page on errors (November 2026). A text
that is empty stands for a request that is none: no messages at all.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import anthropic
import boto3  # type: ignore[import-untyped]
import cohere
import httpx
import ollama
import openai
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import ClientError, EventStreamError  # type: ignore[import-untyped]
from google import genai
from google.genai import errors as google
from google.genai import types
from mistralai.client import Mistral
from mistralai.client.errors import ResponseValidationError, SDKError

KEY = "us-errors-caller-0123456789abcdef"
ACCESS = "AKIDUNDERSTUDYTEST02"
SECRET = "caller-secret-0123456789/abcdef+errors"
STREAMED: Final = 0
"""Stands for no status: the error came in the stream."""


class Client(NamedTuple):
    """`ask(url, key, route, text, stream)`; `check(error, status)` asserts."""

    ask: Callable[[str, str, str, str, bool], None]
    check: Callable[[Any, int], None]
    key: str = KEY


def _turn(text: str) -> Any:
    return [{"role": "user", "content": text}] if text else []


def _openai(url: str, key: str, route: str, text: str, stream: bool) -> None:
    with openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0) as client:
        said: Any = client.chat.completions.create(model=route, messages=_turn(text), stream=stream)
        list(said)


def _responses(url: str, key: str, route: str, text: str, stream: bool) -> None:
    with openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0) as client:
        said: Any = client.responses.create(model=route, input=_turn(text), stream=stream)
        list(said)


_OPENAI: Mapping[int, type[Exception]] = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    404: openai.NotFoundError,
    413: openai.APIStatusError,
    429: openai.RateLimitError,
    502: openai.InternalServerError,
    503: openai.InternalServerError,
}


def _check_openai(error: Any, status: int) -> None:
    if status == STREAMED:
        assert type(error) is openai.APIError
        return
    assert isinstance(error, _OPENAI[status])
    assert isinstance(error, openai.APIStatusError)
    assert error.status_code == status
    is_passed_on = "simulated failure" in error.message  # which has no id
    assert error.request_id or is_passed_on


def _anthropic(url: str, key: str, route: str, text: str, stream: bool) -> None:
    with anthropic.Anthropic(base_url=url, api_key=key, max_retries=0) as client:
        said: Any = client.messages.create(
            model=route, max_tokens=90, messages=_turn(text), stream=stream
        )
        list(said)


_ANTHROPIC: Mapping[int, tuple[int, type[Exception], str]] = {
    STREAMED: (200, anthropic.APIStatusError, "api_error"),
    400: (400, anthropic.BadRequestError, "invalid_request_error"),
    401: (401, anthropic.AuthenticationError, "authentication_error"),
    404: (404, anthropic.NotFoundError, "not_found_error"),
    413: (413, anthropic.APIStatusError, "request_too_large"),
    429: (429, anthropic.RateLimitError, "rate_limit_error"),
    502: (502, anthropic.InternalServerError, "api_error"),
    503: (529, anthropic.APIStatusError, "overloaded_error"),
}


def _check_anthropic(error: Any, status: int) -> None:
    said, kind, name = _ANTHROPIC[status]
    assert isinstance(error, kind)
    assert isinstance(error, anthropic.APIStatusError)
    assert error.status_code == said
    body: Any = error.body
    assert body["error"]["type"] == name


def _google(url: str, key: str, route: str, text: str, stream: bool) -> None:
    with httpx.Client() as http:
        options = types.HttpOptions(base_url=url, httpx_client=http)
        models = genai.Client(api_key=key, http_options=options).models
        contents: Any = text or []
        if not text:  # the client itself refuses to send nothing
            contents = [{"role": "nobody", "parts": [{"text": "hi"}]}]
        if stream:
            list(models.generate_content_stream(model=route, contents=contents))
        else:
            models.generate_content(model=route, contents=contents)


def _check_google(error: Any, status: int) -> None:
    kind = google.ClientError if 400 <= status < 500 else google.ServerError
    assert isinstance(error, kind)
    assert error.code == (status or 502)
    names = {
        400: "INVALID_ARGUMENT",
        401: "UNAUTHENTICATED",
        404: "NOT_FOUND",
        413: "INVALID_ARGUMENT",
        429: "RESOURCE_EXHAUSTED",
        503: "UNAVAILABLE",
    }
    assert error.status == names.get(status, "INTERNAL")


def _cohere(url: str, key: str, route: str, text: str, stream: bool) -> None:
    options: Any = {"max_retries": 0}
    with httpx.Client() as http:
        client = cohere.ClientV2(key, base_url=url, httpx_client=http)
        asked: Any = {"model": route, "messages": _turn(text), "request_options": options}
        if not stream:
            client.chat(**asked)
            return
        last: Any = list(client.chat_stream(**asked))[-1]
        assert (last.type, last.delta.finish_reason) == ("message-end", "ERROR")
        raise EOFError(last.delta.error)


_COHERE: Mapping[int, type[Exception]] = {
    STREAMED: EOFError,
    400: cohere.BadRequestError,
    401: cohere.UnauthorizedError,
    404: cohere.NotFoundError,
    413: cohere.core.ApiError,
    429: cohere.TooManyRequestsError,
    502: cohere.ServiceUnavailableError,
    503: cohere.ServiceUnavailableError,
}


def _check_cohere(error: Any, status: int) -> None:
    assert type(error) is _COHERE[status]
    assert isinstance(error, EOFError | cohere.core.ApiError)
    if isinstance(error, cohere.core.ApiError):
        assert error.status_code == (503 if status == 502 else status)
        assert dict(error.body or {}).keys() == {"id", "message"}


def _ollama(url: str, key: str, route: str, text: str, stream: bool) -> None:
    client = ollama.Client(host=url, headers={"authorization": f"Bearer {key}"})
    with client._client:
        if stream:
            list(client.chat(route, _turn(text), stream=True))
        else:
            client.chat(route, _turn(text))


def _check_ollama(error: Any, status: int) -> None:
    assert isinstance(error, ollama.ResponseError)
    assert error.status_code == (status or -1)


def _mistral(url: str, key: str, route: str, text: str, stream: bool) -> None:
    with httpx.Client() as http:
        wire: Any = http
        client = Mistral(api_key=key, server_url=url, client=wire)
        if stream:
            list(client.chat.stream(model=route, messages=_turn(text)))
        else:
            client.chat.complete(model=route, messages=_turn(text))


def _check_mistral(error: Any, status: int) -> None:
    """Its client knows no errors in streams: what is no chunk, it says, is not valid."""
    assert isinstance(error, ResponseValidationError if status == STREAMED else SDKError)
    assert error.status_code == (status or 200)


def _aws(url: str, key: str, route: str, text: str, stream: bool) -> None:
    access = ACCESS if key == SECRET else "AKIDNOBODY"
    client = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id=access,
        aws_secret_access_key=key,
        config=Config(retries={"total_max_attempts": 1}),
    )
    turns = [{"role": "user", "content": [{"text": text}]}] if text else []
    try:
        if stream:
            list(client.converse_stream(modelId=route, messages=turns)["stream"])
        else:
            client.converse(modelId=route, messages=turns)
    finally:
        client.close()


_AWS: Mapping[int, tuple[int, str]] = {
    400: (400, "ValidationException"),
    401: (403, "UnrecognizedClientException"),
    404: (404, "ResourceNotFoundException"),
    413: (413, "ValidationException"),
    429: (429, "ThrottlingException"),
    502: (500, "InternalServerException"),
    503: (503, "ServiceUnavailableException"),
}


def _check_aws(error: Any, status: int) -> None:
    if status == STREAMED:
        assert isinstance(error, EventStreamError)
        assert error.response["Error"]["Code"] == "internalServerException"
        return
    assert isinstance(error, ClientError)
    assert type(error).__name__ in {"ClientError", _AWS[status][1]}
    said = error.response
    assert (said["ResponseMetadata"]["HTTPStatusCode"], said["Error"]["Code"]) == _AWS[status]
    assert said["ResponseMetadata"]["RequestId"]


CLIENTS: Mapping[str, Client] = {
    "openai": Client(_openai, _check_openai),
    "responses": Client(_responses, _check_openai),
    "anthropic": Client(_anthropic, _check_anthropic),
    "google": Client(_google, _check_google),
    "cohere": Client(_cohere, _check_cohere),
    "ollama": Client(_ollama, _check_ollama),
    "mistral": Client(_mistral, _check_mistral),
    "aws": Client(_aws, _check_aws, SECRET),
}
