"""Applications, each with its vendor's official client, and what they take for an error of theirs.

A client's connection ends in `Line`: what it sends is answered by whoever is plugged in. What it
raises is then held against the vendor's own list of errors, never against what we write.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import anthropic
import boto3  # type: ignore[import-untyped]
import cohere
import httpx
import httpx2
import ollama
import openai
from botocore.awsrequest import AWSRequest, AWSResponse  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from google import genai
from google.genai import errors as google
from google.genai import types
from tests.errors.lone import ROUTE, Told
from typing_extensions import override

Answerer = Callable[[str, str, bytes], Told]
"""Method, path and body of a request to what comes of it."""

USER: Any = [{"role": "user", "content": "count [tokens=40]"}]


class Broken(httpx.SyncByteStream, httpx2.SyncByteStream):
    """A body after which the connection breaks."""

    def __init__(self, body: bytes, error: Exception) -> None:
        self._body, self._error = body, error

    @override
    def __iter__(self) -> Iterator[bytes]:
        yield self._body
        raise self._error


class Raw:
    """A body as urllib3 has it."""

    def __init__(self, told: Told) -> None:
        self._told = told

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()

    def read(self, *_: object) -> bytes:
        if self._told.is_cut:
            raise ConnectionResetError("cut")
        body, self._told = self._told.body, self._told._replace(body=b"")
        return body

    def close(self) -> None:
        return None


class Line:
    """The connections of all clients. `told` is what the last one got."""

    def __init__(self) -> None:
        self.answerer: Answerer | None = None
        self.told: Told | None = None

    def ask(self, method: str, path: str, body: bytes) -> Told:
        assert self.answerer is not None
        self.told = self.answerer(method, path, body)
        return self.told

    def old(self, request: httpx.Request) -> httpx.Response:
        told = self.ask(request.method, request.url.raw_path.decode(), request.read())
        stream = Broken(told.body, httpx.RemoteProtocolError("cut")) if told.is_cut else None
        if stream is not None:
            return httpx.Response(told.status, headers=list(told.headers), stream=stream)
        return httpx.Response(told.status, headers=list(told.headers), content=told.body)

    def new(self, request: httpx2.Request) -> httpx2.Response:
        told = self.ask(request.method, request.url.raw_path.decode(), request.read())
        stream = Broken(told.body, httpx2.RemoteProtocolError("cut")) if told.is_cut else None
        if stream is not None:
            return httpx2.Response(told.status, headers=list(told.headers), stream=stream)
        return httpx2.Response(told.status, headers=list(told.headers), content=told.body)

    def send(self, request: AWSRequest) -> AWSResponse:
        """As botocore's session does it."""
        url = httpx.URL(request.url)
        body = request.body or b""
        whole = body if isinstance(body, bytes) else body.encode()
        told = self.ask(request.method, url.raw_path.decode(), whole)
        return AWSResponse(request.url, told.status, dict(told.headers), Raw(told))

    def close(self) -> None:
        return None


LINE = Line()
OPENAI = openai.OpenAI(
    api_key="none",
    base_url="http://gateway/v1",
    max_retries=0,
    http_client=httpx2.Client(transport=httpx2.MockTransport(LINE.new)),
)
ANTHROPIC = anthropic.Anthropic(
    api_key="none",
    base_url="http://gateway",
    max_retries=0,
    http_client=httpx2.Client(transport=httpx2.MockTransport(LINE.new)),
)
GOOGLE = genai.Client(
    api_key="none",
    http_options=types.HttpOptions(
        base_url="http://gateway",
        httpx_client=httpx.Client(transport=httpx.MockTransport(LINE.old)),
    ),
)
STABLE = genai.Client(
    api_key="none",
    http_options=types.HttpOptions(
        api_version="v1",
        base_url="http://gateway",
        httpx_client=httpx.Client(transport=httpx.MockTransport(LINE.old)),
    ),
)
AWS = boto3.client(
    "bedrock-runtime",
    region_name="us-east-1",
    aws_access_key_id="none",
    aws_secret_access_key="none",
    config=Config(retries={"max_attempts": 1}),
)
AWS._endpoint.http_session = LINE
COHERE = cohere.ClientV2(
    "x",
    base_url="http://gateway",
    httpx_client=httpx.Client(transport=httpx.MockTransport(LINE.old)),
)
OLLAMA = ollama.Client(host="http://gateway", transport=httpx.MockTransport(LINE.old))
PLAIN = httpx.Client(transport=httpx.MockTransport(LINE.old))


Asking = Callable[[bool], Iterator[str]]
"""Ask, streamed or not; yields text as the application sees it."""


def _chat(stream: bool) -> Iterator[str]:
    if not stream:
        said = OPENAI.chat.completions.create(model=ROUTE, messages=USER)
        yield said.choices[0].message.content or ""
        return
    for chunk in OPENAI.chat.completions.create(model=ROUTE, messages=USER, stream=True):
        for choice in chunk.choices:
            yield choice.delta.content or ""
            if choice.finish_reason:
                yield "<END>"


def _completions(stream: bool) -> Iterator[str]:
    if not stream:
        yield OPENAI.completions.create(model=ROUTE, prompt="count").choices[0].text
        return
    for chunk in OPENAI.completions.create(model=ROUTE, prompt="count", stream=True):
        for choice in chunk.choices:
            yield choice.text
            if choice.finish_reason:
                yield "<END>"


def _responses(stream: bool) -> Iterator[str]:
    if not stream:
        yield OPENAI.responses.create(model=ROUTE, input=USER).output_text
        return
    for event in OPENAI.responses.create(model=ROUTE, input=USER, stream=True):
        if event.type == "response.output_text.delta":
            yield event.delta
        if event.type == "response.completed":
            yield "<END>"


def _messages(stream: bool) -> Iterator[str]:
    asked: dict[str, Any] = {"model": ROUTE, "max_tokens": 500, "messages": USER}
    if not stream:
        yield "".join(
            getattr(each, "text", "") for each in ANTHROPIC.messages.create(**asked).content
        )
        return
    for event in ANTHROPIC.messages.create(**asked, stream=True):
        if event.type == "content_block_delta":
            yield getattr(event.delta, "text", "")
        if event.type == "message_stop":
            yield "<END>"


def _gemini_of(client: genai.Client) -> Asking:
    def ask(stream: bool) -> Iterator[str]:
        if not stream:
            yield client.models.generate_content(model=ROUTE, contents="count").text or ""
            return
        for chunk in client.models.generate_content_stream(model=ROUTE, contents="count"):
            for candidate in chunk.candidates or []:
                for part in (candidate.content and candidate.content.parts) or []:
                    yield part.text or ""
                if candidate.finish_reason:
                    yield "<END>"

    return ask


def _converse(stream: bool) -> Iterator[str]:
    asked = {"modelId": ROUTE, "messages": [{"role": "user", "content": [{"text": "count"}]}]}
    if not stream:
        said = AWS.converse(**asked)
        yield "".join(each.get("text", "") for each in said["output"]["message"]["content"])
        return
    for event in AWS.converse_stream(**asked)["stream"]:
        yield event.get("contentBlockDelta", {}).get("delta", {}).get("text", "")
        if "messageStop" in event:
            yield "<END>"


def _claude(stream: bool) -> Iterator[str]:
    """Anthropic's API inside of Bedrock's InvokeModel."""
    inside = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 500, "messages": USER}
    asked = {"modelId": ROUTE, "body": json.dumps(inside), "contentType": "application/json"}
    if not stream:
        said = json.loads(AWS.invoke_model(**asked)["body"].read())
        yield "".join(each.get("text", "") for each in said["content"])
        return
    for event in AWS.invoke_model_with_response_stream(**asked)["body"]:
        told = json.loads(event["chunk"]["bytes"])
        yield told.get("delta", {}).get("text", "")
        if told["type"] == "message_stop":
            yield "<END>"


def _array(stream: bool) -> Iterator[str]:
    """Gemini's API where nobody asks for events: a stream is one array. No client of Google's
    asks so; what they would raise is raised.
    """
    method = "streamGenerateContent" if stream else "generateContent"
    address = f"http://gateway/v1beta/models/{ROUTE}:{method}"
    answer = PLAIN.post(
        address, json={"contents": [{"role": "user", "parts": [{"text": "count"}]}]}
    )
    if answer.is_error:
        kind = google.ClientError if answer.is_client_error else google.ServerError
        raise kind(answer.status_code, answer.json())
    for said in answer.json() if stream else [answer.json()]:
        if "error" in said:
            kind = google.ClientError if said["error"]["code"] < 500 else google.ServerError
            raise kind(said["error"]["code"], said)
        for candidate in said.get("candidates", []):
            yield "".join(each["text"] for each in candidate.get("content", {}).get("parts", []))
            if "finishReason" in candidate:
                yield "<END>"


def _command(stream: bool) -> Iterator[str]:
    if not stream:
        said = COHERE.chat(model=ROUTE, messages=USER, request_options={"max_retries": 0})
        yield "".join(getattr(each, "text", "") for each in said.message.content or [])
        return
    for event in COHERE.chat_stream(model=ROUTE, messages=USER, request_options={"max_retries": 0}):
        if event.type == "content-delta":
            yield event.delta.message.content.text or ""  # type: ignore[union-attr]
        if event.type == "message-end":
            if event.delta.finish_reason == "ERROR":  # type: ignore[union-attr]
                raise EndedByError(event.delta.error or "")  # type: ignore[union-attr]
            yield "<END>"


def _llama(stream: bool) -> Iterator[str]:
    if not stream:
        yield OLLAMA.chat(ROUTE, USER).message.content or ""
        return
    for chunk in OLLAMA.chat(ROUTE, USER, stream=True):
        yield chunk.message.content or ""
        if chunk.done:
            yield "<END>"


class EndedByError(Exception):
    """Cohere's client raises nothing: an end of kind ERROR is how its API says it."""


CALLERS: Mapping[str, Asking] = {
    "openai_chat": _chat,
    "openai_responses": _responses,
    "openai_completions": _completions,
    "anthropic_messages": _messages,
    "gemini_generate": _gemini_of(GOOGLE),
    "gemini_generate_v1": _gemini_of(STABLE),
    "gemini_generate_array": _array,
    "bedrock_converse": _converse,
    "bedrock_invoke": _claude,
    "cohere_chat": _command,
    "ollama_chat": _llama,
}


def hear(answerer: Answerer, asking: Asking, *, stream: bool) -> tuple[str, Exception | None]:
    """The text that an application got, and what it got to catch then."""
    LINE.answerer, LINE.told = answerer, None
    heard: list[str] = []
    try:
        heard.extend(asking(stream))
    except Exception as error:  # noqa: BLE001 - which one is the question
        return "".join(heard), error
    return "".join(heard), None
