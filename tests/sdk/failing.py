"""Routes whose first target fails, each in its own way, before a real gateway.

A case is a fault, whether the answer is streamed, and what the route does when an answer breaks.
Each has a route, a provider and a host of its own, so that no case closes another one's targets;
the provider's model is named after the case, and the simulator's faults meet that model alone.
"""

import contextlib
import http.client
import json
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.system.processes import Gateway, Simulators, gateway, simulators

KEY = "us-failing-caller-0123456789abcdef"
_DIALECTS = {"chat": "openai_chat", "messages": "anthropic_messages"}
_ENVIRONMENT = {"CALLER_KEY": KEY}
_HEAD = """
[server]
listen = "127.0.0.1:0"
admin = "off"
log_format = "json"
drain = 5

[journal]
path = "journal.db"

[keys.tests]
key = "env:CALLER_KEY"

[defaults]
deadline = 10
timeouts = { connect = 0.5, first_token = 0.5, idle = 0.5, answer = 0.5, adaptive = false }

[routes.well]
targets = ["chat-spare/m"]
"""
_PROVIDER = """
[providers.{name}]
kind = "openai-compatible"
dialect = "{dialect}"
base_url = "{url}"
auth = "none"
host = "{name}"
models.m = {{ upstream = "{name}", max_output_tokens = 8192, capabilities = [
  "tools", "json_mode", "json_schema", "prefill", "streaming"] }}
"""
_ROUTE = """
[routes.{name}]
targets = ["{name}/m", "{spare}-spare/m"]
on_break = "{on_break}"
"""


class Trouble(NamedTuple):
    """`fault` as the simulator reads it ("" for a closed port). `is_midway`: content came first."""

    name: str
    fault: str
    is_midway: bool = False


BEFORE = (
    Trouble("refused", ""),
    Trouble("reset", "drop(how=rst)"),
    Trouble("closed", "drop(how=fin)"),
    Trouble("hang", "hang"),
    Trouble("silence", "silence"),
    Trouble("comments", "silence(comments=0.1)"),
    Trouble("late", "slow_first_token(delay=30)"),
    Trouble("cut_first", "cut(after=0)"),
    Trouble("error_first", "in_stream_error(after=0)"),
    Trouble("malformed_first", "malformed(after=0)"),
    Trouble("html_200", "html_200"),
    Trouble("json_error_200", "json_error_200"),
    Trouble("empty", "empty"),
    Trouble("bad_encoding", "bad_encoding"),
    Trouble("redirect", "redirect"),
    Trouble("status_401", "status(status=401)"),
    Trouble("status_429", "status(status=429, retry_after=30)"),
    Trouble("status_500", "status(status=500)"),
    Trouble("status_503", "status(status=503)"),
    Trouble("status_529", "status(status=529)"),
)
MIDWAY = (
    Trouble("cut_rst", "cut(after=5)", is_midway=True),
    Trouble("cut_fin", "cut(after=5, how=fin)", is_midway=True),
    Trouble("stall", "stall(after=5)", is_midway=True),
    Trouble("stall_comments", "stall(after=5, comments=0.1)", is_midway=True),
    Trouble("error_midway", "in_stream_error(after=5)", is_midway=True),
    Trouble("overloaded_midway", "in_stream_error(after=9, type=overloaded_error)", is_midway=True),
    Trouble("malformed_midway", "malformed(after=5)", is_midway=True),
    Trouble("bad_chunk", "slow(rate=200)+bad_chunk(after=5)", is_midway=True),
    Trouble("no_end", "missing_terminator(after=5)", is_midway=True),
    Trouble("no_end_at_all", "missing_terminator", is_midway=True),
)
WHOLE = (
    Trouble("truncated", "truncated_json(share=0.5)", is_midway=True),
    Trouble("nearly_whole", "truncated_json(share=0.99)", is_midway=True),
    Trouble("wrong_length", "wrong_length", is_midway=True),
)


class Case(NamedTuple):
    """`spare` is the dialect of the target that is well."""

    trouble: Trouble
    stream: bool
    on_break: str
    spare: str = "chat"

    @property
    def name(self) -> str:
        kind = "stream" if self.stream else "whole"
        return f"{self.trouble.name}-{kind}-{self.on_break}"

    @property
    def prompt(self) -> str:
        return f"case {self.name}. [tokens=40]"

    @property
    def is_told(self) -> bool:
        """Whether the application has to be told that the answer broke: it has half of it."""
        return self.stream and self.trouble.is_midway and self.on_break == "error"


class Failing:
    """The gateway and its providers while they run."""

    def __init__(self, providers: Simulators, running: Gateway) -> None:
        self.url = running.url
        self.gateway = running
        self._providers = providers

    def met(self, case: Case, dialect: str) -> bool:
        """Whether the fault met that case's request."""
        seen = self._providers.seen(dialect, f"case {case.name}.")
        return not case.trouble.fault or any(each["effects"] for each in seen)

    def earn(self, requests: int = 24) -> None:
        """Let requests succeed, so that the budget of further attempts covers another case."""
        host = self.url.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=10)
        message = {"role": "user", "content": "well [tokens=1]"}
        body = json.dumps({"model": "well", "messages": [message]})
        headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
        with contextlib.closing(connection):
            for _ in range(requests):
                connection.request("POST", "/v1/chat/completions", body, headers)
                answer = connection.getresponse()
                assert answer.status == 200, answer.read()
                answer.read()


@contextlib.contextmanager
def failing(folder: Path, dialect: str, cases: Sequence[Case]) -> Iterator[Failing]:
    """Serve a route for every case, its first target of `dialect`."""
    names = (f"{name}={spoken}:0" for name, spoken in _DIALECTS.items())
    with _closed_port() as closed, simulators(folder, *names) as providers:
        providers.fault(dialect, "+".join(_for_model(case) for case in cases if case.trouble.fault))
        text = _HEAD
        for name in _DIALECTS:
            text += _provider(f"{name}-spare", name, providers.urls[name])
        for case in cases:
            url = providers.urls[dialect] if case.trouble.fault else closed
            text += _provider(case.name, dialect, url)
            text += _ROUTE.format(name=case.name, spare=case.spare, on_break=case.on_break)
        with gateway(folder / "understudy.toml", text, _ENVIRONMENT) as running:
            yield Failing(providers, running)


def _provider(name: str, dialect: str, url: str) -> str:
    base = f"{url}/v1" if dialect == "chat" else url
    return _PROVIDER.format(name=name, dialect=_DIALECTS[dialect], url=base)


def _for_model(case: Case) -> str:
    """The case's faults, which meet its own model only."""
    return "+".join(
        f"{fault.removesuffix(')')}, model={case.name})"
        if fault.endswith(")")
        else f"{fault}(model={case.name})"
        for fault in case.trouble.fault.split("+")
    )


@contextlib.contextmanager
def _closed_port() -> Iterator[str]:
    """An address that is ours and refuses everybody: bound, never listening."""
    with socket.socket() as guard:
        guard.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{guard.getsockname()[1]}"
