"""Through sockets: what official clients raise when the only target of a route fails, and when
they ask wrongly.

The target speaks another API than most of them. (`tests/errors` has all pairs, without sockets.)
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sdk.raising import ACCESS, CLIENTS, KEY, SECRET, STREAMED, Client
from tests.system.processes import Gateway, gateway, simulators

HEAD = f"""
[server]
listen = "127.0.0.1:0"
admin = "off"
log_format = "json"
max_body_bytes = "64 KiB"
[journal]
enabled = false
[keys.tests]
key = "env:CALLER_KEY"
[keys.aws]
key = "env:SECRET"
aws_access_key_id = "{ACCESS}"
[defaults]
on_break = "error"
deadline = 20
"""
PROVIDER = """
[providers.{name}]
kind = "{kind}"
host = "{name}"
base_url = "{url}"
key = "env:UPSTREAM_KEY"
models.{name} = {{ upstream = "{name}", max_output_tokens = 100 }}
[routes.{name}]
targets = ["{name}/{name}"]
"""
FAULTS = {
    "key": ("status(401)", 502),
    "forbidden": ("status(403)", 502),
    "gone": ("status(404)", 502),
    "invalid": ("status(400)", 400),
    "large": ("status(413)", 413),
    "limited": ("status(429, retry_after=90)", 429),
    "broken": ("status(500)", 502),
    "busy": ("status(503)", 503),
    "overloaded": ("status(529)", 503),
    "late": ("in_stream_error(after=3)", STREAMED),
}
"""What the target does, and as which status an application hears of it, if in HTTP's words."""

OWN = {"invalid": 400, "unknown": 404, "large": 413, "nobody": 401}
"""What the caller does wrong itself."""

HOW = ("whole", "streamed")
CELLS = [(name, how) for name in FAULTS for how in HOW if (name, how) != ("late", "whole")]
CALLERS_FAULTS = {"invalid", "large"}


@pytest.fixture(scope="module", params=["openai", "anthropic"])
def running(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """The targets speak one API, so that most clients are of another."""
    spoken = {"openai": "openai_chat", "anthropic": "anthropic_messages"}[request.param]
    kind = {"openai": "openai-compatible", "anthropic": "anthropic"}[request.param]
    folder = tmp_path_factory.mktemp("errors")
    with simulators(folder, *(f"{name}={spoken}:0" for name in FAULTS)) as providers:
        text = HEAD
        for name, (fault, _) in FAULTS.items():
            providers.fault(name, fault)
            url = providers.urls[name] + ("/v1" if request.param == "openai" else "")
            for caller in CLIENTS:  # each has its own model, so that no breaker carries over
                for how in HOW:
                    text += PROVIDER.format(name=f"{name}-{caller}-{how}", kind=kind, url=url)
        secrets = {"CALLER_KEY": KEY, "SECRET": SECRET, "UPSTREAM_KEY": "sk-upstream-0123456789"}
        with gateway(folder / "understudy.toml", text, secrets) as made:
            yield made


def raised(client: Client, url: str, route: str, *, key: str = "", text: str, stream: bool) -> Any:
    """What an application gets to catch."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - which one is the question
        client.ask(url, key or client.key, route, text, stream)
    return caught.value


@pytest.mark.parametrize(("trouble", "how"), CELLS)
@pytest.mark.parametrize("caller", CLIENTS)
def test_a_client_raises_what_its_users_catch(
    running: Gateway, caller: str, trouble: str, how: str
) -> None:
    client, route = CLIENTS[caller], f"{trouble}-{caller}-{how}"
    status = FAULTS[trouble][1]
    error = raised(client, running.url, route, text="hi [tokens=20]", stream=how == "streamed")
    client.check(error, status)
    said = f"{error} {getattr(error, 'body', '')}"
    if trouble not in CALLERS_FAULTS:
        assert f"{route}/{route}" in said
        assert "whoever runs" in said or "try again" in said
    assert "sk-upstream" not in said


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("mistake", OWN)
@pytest.mark.parametrize("caller", CLIENTS)
def test_a_mistake_of_their_own_is_raised_as_such(
    running: Gateway, caller: str, mistake: str, how: str
) -> None:
    client = CLIENTS[caller]
    route = "elsewhere" if mistake == "unknown" else f"busy-{caller}-{how}"
    text = {"invalid": "", "large": "x" * 70_000}.get(mistake, "hi")
    key = "us-nobody-0123456789abcdef0123456789" if mistake == "nobody" else ""
    client.check(
        raised(client, running.url, route, key=key, text=text, stream=how == "streamed"),
        OWN[mistake],
    )
