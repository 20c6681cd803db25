"""Through sockets: what official clients raise when the only target of a route fails.

It speaks another API than most of them. (`tests/errors` has all pairs, without sockets.)
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import anthropic
import cohere
import httpx
import ollama
import openai
import pytest
from google import genai
from google.genai import errors as google
from google.genai import types

from tests.system.processes import Gateway, gateway, simulators

KEY = "us-errors-caller-0123456789abcdef"
HEAD = """
[server]
listen = "127.0.0.1:0"
admin = "off"
log_format = "json"
[journal]
enabled = false
[keys.tests]
key = "env:CALLER_KEY"
[defaults]
on_break = "error"
deadline = 4
"""
PROVIDER = """
[providers.{name}]
kind = "{kind}"
host = "{name}"
base_url = "{url}"
key = "env:UPSTREAM_KEY"
models.m = {{ upstream = "{name}", max_output_tokens = 100 }}
[routes.{name}]
targets = ["{name}/m"]
"""
FAULTS = {
    "key": "status(401)",
    "limited": "status(429, retry_after=90)",
    "busy": "status(503)",
    "late": "in_stream_error(after=3)",
}
USER: Any = [{"role": "user", "content": "hi [tokens=20]"}]


@pytest.fixture(scope="module", params=["openai", "anthropic"])
def running(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The targets speak one API, so that most clients are of another."""
    spoken = {"openai": "openai_chat", "anthropic": "anthropic_messages"}[request.param]
    kind = {"openai": "openai-compatible", "anthropic": "anthropic"}[request.param]
    folder = tmp_path_factory.mktemp("errors")
    with simulators(folder, *(f"{name}={spoken}:0" for name in FAULTS)) as providers:
        text = HEAD
        for name, fault in FAULTS.items():
            providers.fault(name, fault)
            url = providers.urls[name] + ("/v1" if request.param == "openai" else "")
            for caller in EXPECTED:  # each has its own, so that no breaker carries over
                text += PROVIDER.format(name=f"{name}-{caller}", kind=kind, url=url)
        secrets = {"CALLER_KEY": KEY, "UPSTREAM_KEY": "sk-upstream-0123456789"}
        with gateway(folder / "understudy.toml", text, secrets) as made:
            yield made


def _openai(url: str, route: str, stream: bool) -> None:
    with openai.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0) as client:
        said: Any = client.chat.completions.create(model=route, messages=USER, stream=stream)
        list(said)


def _anthropic(url: str, route: str, stream: bool) -> None:
    with anthropic.Anthropic(base_url=url, api_key=KEY, max_retries=0) as client:
        said: Any = client.messages.create(model=route, max_tokens=90, messages=USER, stream=stream)
        list(said)


def _google(url: str, route: str, stream: bool) -> None:
    with httpx.Client() as http:
        options = types.HttpOptions(base_url=url, httpx_client=http)
        models = genai.Client(api_key=KEY, http_options=options).models
        if stream:
            list(models.generate_content_stream(model=route, contents="hi [tokens=20]"))
        else:
            models.generate_content(model=route, contents="hi [tokens=20]")


def _cohere(url: str, route: str, stream: bool) -> None:
    options: Any = {"max_retries": 0}
    with httpx.Client() as http:
        client = cohere.ClientV2(KEY, base_url=url, httpx_client=http)
        if not stream:
            client.chat(model=route, messages=USER, request_options=options)
            return
        last: Any = list(client.chat_stream(model=route, messages=USER, request_options=options))[
            -1
        ]
        assert (last.type, last.delta.finish_reason) == ("message-end", "ERROR")
        raise EOFError(last.delta.error)


def _ollama(url: str, route: str, stream: bool) -> None:
    client = ollama.Client(host=url, headers={"authorization": f"Bearer {KEY}"})
    with client._client:
        if stream:
            list(client.chat(route, USER, stream=True))
        else:
            client.chat(route, USER)


Asking = Callable[[str, str, bool], None]
EXPECTED: Mapping[str, tuple[Asking, Mapping[str, type[Exception]]]] = {
    "openai": (
        _openai,
        {
            "key": openai.InternalServerError,
            "limited": openai.RateLimitError,
            "busy": openai.InternalServerError,
            "late": openai.APIError,
        },
    ),
    "anthropic": (
        _anthropic,
        {
            "key": anthropic.InternalServerError,
            "limited": anthropic.RateLimitError,
            "busy": anthropic.APIStatusError,
            "late": anthropic.APIStatusError,
        },
    ),
    "google": (
        _google,
        {
            "key": google.ServerError,
            "limited": google.ClientError,
            "busy": google.ServerError,
            "late": google.APIError,
        },
    ),
    "cohere": (
        _cohere,
        {
            "key": cohere.ServiceUnavailableError,
            "limited": cohere.TooManyRequestsError,
            "busy": cohere.ServiceUnavailableError,
            "late": EOFError,
        },
    ),
    "ollama": (_ollama, dict.fromkeys(FAULTS, ollama.ResponseError)),
}


@pytest.mark.parametrize("trouble", FAULTS)
@pytest.mark.parametrize("caller", EXPECTED)
def test_a_client_raises_what_its_users_catch(running: Gateway, caller: str, trouble: str) -> None:
    asking, wanted = EXPECTED[caller]
    with pytest.raises(wanted[trouble]) as caught:
        asking(running.url, f"{trouble}-{caller}", trouble == "late")
    said = str(caught.value)
    assert f"{trouble}-{caller}/m" in said
    assert "whoever runs" in said or "try again" in said
    assert "sk-upstream" not in said
