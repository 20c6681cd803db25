"""The failover matrix where dialects differ: the provider that fails speaks another one than the
client. (`failing` is about providers of the client's own dialect.) And what is never spliced, in
both.

Each case has a route and a provider of its own, so that no breaker carries over from one case to
another, and the gateway is one process for all of them.
"""

import itertools
from typing import Any, NamedTuple

from tests.sdk.setting import ABILITIES

BEFORE = (
    "refuse",
    "drop",
    "drop(how=fin)",
    "hang",
    "silence",
    "silence(comments=0.1)",
    "cut",
    "cut(how=fin)",
    "stall",
    "stall(comments=0.1)",
    "trickle(every=0.3)",
    "in_stream_error",
    "malformed",
    "missing_terminator(after=0)",
    "slow_first_token(delay=4)",
    "slow_first_token(delay=4, where=head)",
    "html_200",
    "json_error_200",
    "bad_chunk",
    "bad_encoding",
    "redirect",
    "status(401)",
    "status(403)",
    "status(404)",
    "status(429)",
    "status(429, retry_after=30)",
    "status(500)",
    "status(503)",
    "status(529)",
)
"""What happens before any content: nobody may notice."""

AFTER = (
    "cut(after=8)",
    "cut(after=8, how=fin)",
    "stall(after=8)",
    "stall(after=8, comments=0.1)",
    "trickle(every=0.3, after=8)",
    "slow(rate=2)",
    "in_stream_error(after=8)",
    "malformed(after=8)",
    "missing_terminator",
    "missing_terminator(after=8)",
    "missing_terminator(part=finish)",
    "truncated_json",
    "bad_chunk(after=8)",
)
"""What happens to a stream that the client has begun to read."""

LATE = ("wrong_length", "no_usage", "wrong_model")
"""What is amiss with an answer that is all there nevertheless."""

NEVER_SPLICED = ("cut(after=2)", "in_stream_error(after=2)", "missing_terminator")

DIALECTS = ("chat", "messages")
OTHER = {"chat": "messages", "messages": "chat"}
BREAKS = ("error", "restart", "resume")


class Case(NamedTuple):
    """`client` asks in one dialect, `upstream` is that of the provider that fails.

    `said` is what it is asked for: text, a tool call, or JSON.
    """

    number: int
    fault: str
    client: str
    upstream: str
    stream: bool
    on_break: str
    said: str = "text"

    @property
    def name(self) -> str:
        """Its route, and the model by which the simulator knows whom to let down."""
        return f"case-{self.number}"

    @property
    def station(self) -> str:
        """The simulated provider behind it."""
        return f"gone-{self.upstream}" if self.fault == "refuse" else f"bad-{self.upstream}"

    @property
    def is_after(self) -> bool:
        return self.stream and (self.fault in AFTER or self.said != "text")

    @property
    def breaks(self) -> bool:
        """Whether the client must be told that there is no more: a call is never spliced."""
        allowed = {"restart"} if self.said != "text" else {"restart", "resume"}
        return self.is_after and self.on_break not in allowed

    @property
    def armed(self) -> str:
        """The fault, for requests of this case only."""
        name, _, rest = self.fault.partition("(")
        fields = f"{rest[:-1]}, " if rest else ""
        first = fields.partition(",")[0]
        if fields and "=" not in first:
            fields = f"status={fields}"
        return f"{name}({fields}model={self.name})"

    @property
    def label(self) -> str:
        shape = "streamed" if self.stream else "whole"
        return f"{self.fault}-{self.client}-{self.upstream}-{shape}-{self.on_break}-{self.said}"


def cases() -> list[Case]:
    found: list[Case] = []

    def add(*fields: Any) -> None:
        found.append(Case(len(found), *fields))

    for fault in (*BEFORE, *LATE):
        for stream, client in itertools.product((True, False), DIALECTS):
            add(fault, client, OTHER[client], stream, BREAKS[len(found) % 3])
    for fault, client in itertools.product(AFTER, DIALECTS):
        for on_break in BREAKS:
            add(fault, client, OTHER[client], True, on_break)
        add(fault, client, OTHER[client], False, BREAKS[len(found) % 3])
    for fault, upstream, on_break in itertools.product(NEVER_SPLICED, DIALECTS, BREAKS):
        add(fault, "chat", upstream, True, on_break, "json")
        add(fault, "chat", upstream, True, on_break, "call")
        add(fault, "messages", upstream, True, on_break, "call")
    return found


STATIONS = tuple(
    f"{kind}-{dialect}={name}:0"
    for kind in ("bad", "gone", "good")
    for dialect, name in (("chat", "openai_chat"), ("messages", "anthropic_messages"))
)


def config(urls: dict[str, str], known: list[Case]) -> str:
    """The gateway's configuration: two good providers, and one for each case."""
    lines = [
        '[server]\nlisten = "127.0.0.1:0"\nadmin = "off"\nlog_format = "json"',
        "[journal]\nenabled = false",
        '[defaults]\ndeadline = 12\non_loss = "allow"',
        "[defaults.timeouts]",
        "connect = 2\nfirst_token = 0.6\nidle = 0.6\nanswer = 1.2\nadaptive = false",
        _provider("chat", "chat", urls["good-chat"], "m"),
        _provider("messages", "messages", urls["good-messages"], "m"),
        '[routes.good]\ntargets = ["chat/m", "messages/m"]',
    ]
    for case in known:
        lines.append(_provider(f"p{case.number}", case.upstream, urls[case.station], case.name))
        backups = [f'"{each}/m"' for each in sorted(DIALECTS, key=case.upstream.__eq__)]
        targets = ", ".join([f'"p{case.number}/{case.name}"', *backups])
        lines.append(f"[routes.{case.name}]\ntargets = [{targets}]\non_break = '{case.on_break}'")
    return "\n".join(lines)


def _provider(name: str, dialect: str, url: str, model: str) -> str:
    kind = f'kind = "openai-compatible"\nbase_url = "{url}/v1"\naccepts = ["prefix"]'
    if dialect == "messages":
        kind = f'kind = "anthropic"\nbase_url = "{url}"\nlab = "{name}"'
    head = f'[providers.{name}]\n{kind}\nhost = "{name}"\nkey = "env:PROVIDER_KEY"'
    return f"{head}\n[providers.{name}.models.{model}]\ncapabilities = {ABILITIES}"
