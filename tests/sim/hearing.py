"""What a plan of steps says to a client: its bytes, read by the dialect's own decoder."""

import json
from collections.abc import Sequence
from typing import Any

from understudy.chat.events import Event, Failed
from understudy.chat.failure import Failure, Progress, Signal
from understudy.chat.grammar import Grammar
from understudy.chat.response import Response, fold
from understudy.dialects.base import Dialect
from understudy.dialects.catalog import DIALECTS
from understudy.providers.classifier import Classifier
from understudy.providers.taxonomy import load_taxonomy
from understudy.sim.fault_text import parse_faults
from understudy.sim.plan import plan
from understudy.sim.provider import Incoming, Provider, respond
from understudy.sim.rows import resolve
from understudy.sim.steps import Act, Step
from understudy.wire.http import ResponseHead

OPENAI = DIALECTS["openai_chat"]
ANTHROPIC = DIALECTS["anthropic_messages"]
BOTH = (OPENAI, ANTHROPIC)
TAXONOMY = load_taxonomy()
CLASSIFIER = Classifier(TAXONOMY.rows)


def asked(*turns: str, stream: bool = False, **fields: object) -> bytes:
    """A request that both dialects read; turns are the user's and the assistant's by turns."""
    messages = [
        {"role": "assistant" if index % 2 else "user", "content": turn}
        for index, turn in enumerate(turns)
    ]
    top = {"model": "m", "max_tokens": 100_000, "stream": stream, "messages": messages}
    return json.dumps(top | fields).encode()


def steps(
    dialect: Dialect, body: bytes, fault: str = "", provider: Provider | None = None
) -> tuple[Step, ...]:
    provider = provider or Provider("a", dialect.name)
    incoming = Incoming("POST", dialect.chat_paths()[0], (), body)
    effects = [item.effect for item in resolve(parse_faults(fault), TAXONOMY)]
    return plan(dialect, respond(provider, dialect, incoming), effects)


class Answer:
    """An HTTP answer, taken apart."""

    def __init__(self, played: Sequence[Step]) -> None:
        raw = b"".join(step.data for step in played if not step.repeats)
        first, _, rest = raw.partition(b"\r\n\r\n")
        lines = first.split(b"\r\n")
        self.raw = raw
        self.act: Act | None = played[-1].act
        self.headers = tuple(
            (name, value) for name, _, value in (line.partition(b": ") for line in lines[1:])
        )
        self.status = int(lines[0].split(b" ")[1]) if raw else 0
        self.fields = dict(self.headers)
        self.is_whole = True
        self.body = self._unchunked(rest) if b"transfer-encoding" in self.fields else rest
        if b"content-length" in self.fields:
            self.is_whole = int(self.fields[b"content-length"]) == len(rest)

    @property
    def head(self) -> ResponseHead:
        return ResponseHead(self.status, self.headers)

    def _unchunked(self, rest: bytes) -> bytes:
        body = b""
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            if size == b"0":
                return body
            body += rest[: int(size, 16)]
            rest = rest[int(size, 16) + 2 :]
        self.is_whole = False
        return body


def heard(dialect: Dialect, played: Sequence[Step], *, stream: bool) -> list[Event]:
    """The events of a good status, checked against the grammar; an end is there if HTTP's was."""
    answer = Answer(played)
    decoder = dialect.decoder(answer.head, stream=stream)
    items = list(decoder.receive_data(answer.body))
    if answer.is_whole:
        items += decoder.receive_eof()
    grammar = Grammar()
    events = []
    for event in (event for item in items for event in item.events):
        grammar.receive(event)
        events.append(event)
    return events


def whole(dialect: Dialect, body: bytes, fault: str = "", **fields: Any) -> Response:
    """The answer to a request, folded. Raises when it failed."""
    provider = Provider("a", dialect.name, **fields)
    stream = json.loads(body).get("stream", False)
    return fold(heard(dialect, steps(dialect, body, fault, provider), stream=stream))


def signal(dialect: Dialect, body: bytes, fault: str) -> Signal | None:
    """What a client sees of a fault, None when it sees a good answer."""
    stream = json.loads(body).get("stream", False)
    played = steps(dialect, body, fault)
    answer = Answer(played)
    if answer.status >= 300:
        return dialect.parse_failure(answer.head, answer.body)
    events = heard(dialect, played, stream=stream)
    return events[-1].signal if events and isinstance(events[-1], Failed) else None


def classified(taxonomy: str, seen: Signal) -> Failure:
    return CLASSIFIER.classify(taxonomy, seen, Progress.SENT)
