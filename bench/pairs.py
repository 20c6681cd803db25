"""What translation costs in each pair of chat dialects: `python -m bench.pairs`, about a minute.

The core alone, in process, bytes to bytes: no sockets, no journal. `make bench` measures one of the
pairs over sockets; what those cost on top is the same for all, so the others follow from it. Raw
data goes to build/bench/pairs.json, the tables to build/bench/pairs.md.
"""

import argparse
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from bench.payloads import CHAT_ANSWER, MESSAGES_ANSWER, chat_request
from understudy.chat.endpoint import Endpoint
from understudy.chat.events import Finished, PartDelta, PartEnded, PartKind, PartStarted, Started
from understudy.chat.events import StopReason as Stop
from understudy.chat.failure import Scope
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.dialects.catalog import DIALECTS
from understudy.exchange.asked import Asked
from understudy.exchange.exchange import Exchange
from understudy.exchange.messages import Record, SendData, UpstreamConnected, UpstreamRead
from understudy.exchange.services import HeldBudget, Services
from understudy.providers.classifier import Classifier
from understudy.providers.taxonomy import load_taxonomy
from understudy.routing.router import Router
from understudy.routing.topology import Domain, Route, Target, Topology
from understudy.wire.http import Origin, ResponseHead

OUT = Path("build/bench")
SOCKETS = ("openai_chat", "anthropic_messages")
"""The pair that `make bench` measures."""

REQUESTS, CHUNKS = 30, 400
"""So many in a row, in each round."""

Costs: TypeAlias = dict[str, dict[str, float]]
"""Microseconds of CPU, by the client's dialect and the provider's."""

_TEXT = "A reverse proxy takes requests on behalf of the servers behind it. " * 4
_STARTED = Started("id-0123456789", "up-bench", created=1_763_900_000)
_PART = PartStarted(0, PartKind.TEXT)
_CHUNK = PartDelta(0, "T0000000000000000 ")
_REST = (PartEnded(0), Finished(Stop.END, Usage(input_tokens=182, output_tokens=31)))
_ANSWERS = {"openai_chat": CHAT_ANSWER, "anthropic_messages": MESSAGES_ANSWER}
"""What the simulated provider of `make bench` says; others say the like."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.pairs", description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="rounds; the best of each counts")
    options = parser.parse_args()
    requests, chunks = measure(options.rounds)
    OUT.mkdir(parents=True, exist_ok=True)
    data = {"request_us": requests, "chunk_us": chunks}
    (OUT / "pairs.json").write_text(json.dumps(data, indent=1))
    text = "\n".join(
        (
            table("a request and its whole answer, CPU us", requests),
            table("a chunk of a stream, CPU us", chunks),
            *over_sockets(requests, OUT / "results.json"),
        )
    )
    (OUT / "pairs.md").write_text(text)
    print(text)
    return 0


def measure(rounds: int) -> tuple[Costs, Costs]:
    """Go round all pairs, so that whatever disturbs the machine disturbs each of them."""
    services = _services()
    pairs = [(client, target) for client in DIALECTS for target in DIALECTS]
    requests: Costs = {client: dict.fromkeys(DIALECTS, float("inf")) for client in DIALECTS}
    chunks: Costs = {client: dict.fromkeys(DIALECTS, float("inf")) for client in DIALECTS}
    whole = {pair: _whole(services, *pair) for pair in pairs}
    stream = {pair: _stream(services, *pair) for pair in pairs}
    gc.freeze()
    gc.disable()
    for _ in range(rounds):
        for client, target in pairs:
            one = _cost_us(whole[client, target], REQUESTS)
            requests[client][target] = min(requests[client][target], one)
            one = _cost_us(stream[client, target](), CHUNKS)
            chunks[client][target] = min(chunks[client][target], one)
        gc.collect()
    return requests, chunks


def table(title: str, costs: Costs) -> str:
    """Markdown: a row for each dialect of a client, a column for each of a provider."""
    names = list(costs)
    short = [name.partition("_")[0] for name in names]
    short = [name if short.count(one) > 1 else one for name, one in zip(names, short, strict=True)]
    rows = [f"| {title} | {' | '.join(short)} |", "|---" + "|---:" * len(names) + "|"]
    for name, one in zip(names, short, strict=True):
        cells = " | ".join(_number(costs[name][target]) for target in names)
        rows.append(f"| {one} | {cells} |")
    across = [cost for name in names for target, cost in costs[name].items() if target != name]
    first = costs[SOCKETS[0]][SOCKETS[1]]
    middle, worst = statistics.median(across), max(across)
    said = f"{' to '.join(SOCKETS)}: {_number(first)}; the pair in the middle: {_number(middle)}"
    return "\n".join([*rows, "", f"{said}; the dearest: {_number(worst)}.", ""])


def over_sockets(requests: Costs, results: Path) -> list[str]:
    """The ratio to nginx that follows for the dearest pair, if `make bench` was here."""
    if not results.exists():
        return [f"{results} is not there (`make bench`): no comparison with sockets.\n"]
    passes = json.loads(results.read_text())["translated, 1 KB"]
    ours, nginx = (
        1000 * statistics.median(one["cpu_ms"] for one in passes[name])
        for name in ("understudy", "nginx")
    )
    rest = ours - requests[SOCKETS[0]][SOCKETS[1]]
    found = [(cost, f"{a} to {b}") for a in requests for b, cost in requests[a].items() if a != b]
    lines = [f"Over sockets: {ours:.0f} us, of which {rest:.0f} us outside of the core; so"]
    for cost, pair in (min(found), max(found)):
        lines.append(f"{pair}: about {cost + rest:.0f} us, {(cost + rest) / nginx:.1f} x nginx.")
    return [" ".join(lines) + "\n"]


def _services() -> Services:
    targets = {
        f"p/{name}": Target(
            name=f"p/{name}",
            provider="p",
            taxonomy="any",
            origin=Origin("https", "p.example", 443),
            endpoint=Endpoint(name, "up-bench", dialect.chat_paths()[0], "p"),
            domains=tuple(Domain(kind, f"{name}/{kind.value}") for kind in (Scope.KEY, Scope.HOST)),
        )
        for name, dialect in DIALECTS.items()
    }
    routes = {name: Route(name, (f"p/{name}",)) for name in DIALECTS}
    router = Router(Topology(targets, routes), lambda: 0.5)
    return Services(router, DIALECTS, Classifier(load_taxonomy().rows), HeldBudget())


def _asked(client: str, target: str, *, stream: bool) -> Asked:
    """The client's request, for the route that leads to `target`."""
    source = DIALECTS["openai_chat"]
    request = source.parse_request(chat_request(stream=stream))
    dialect = DIALECTS[client]
    route = Endpoint(client, target, dialect.chat_paths()[0], "p")
    written, _ = dialect.build_request(request, route)
    return Asked("id", 0.0, client, written.body, path=written.path)


def _opened(services: Services, asked: Asked) -> Exchange:
    exchange = Exchange(services, asked, 0.0)
    exchange.start(0.0)
    exchange.handle(UpstreamConnected(1), 0.0)
    return exchange


def _whole(services: Services, client: str, target: str) -> Callable[[], object]:
    asked = _asked(client, target, stream=False)
    encoder = DIALECTS[target].encoder(Request("m", ()))
    made = b"".join(encoder.send(event) for event in (_STARTED, _PART, PartDelta(0, _TEXT), *_REST))
    body = _ANSWERS.get(target, made)
    head = ResponseHead(200, (*encoder.head(), (b"content-length", b"%d" % len(body))))
    read = UpstreamRead(1, head, body, is_end=True)

    def run() -> object:
        return _opened(services, asked).handle(read, 0.1)

    entry = next(each.entry for each in run() if type(each) is Record)  # type: ignore[attr-defined]
    assert entry.outcome == "ok", f"{client} to {target}: {entry}"
    return run


def _stream(services: Services, client: str, target: str) -> Callable[[], Callable[[], object]]:
    asked = _asked(client, target, stream=True)
    encoder = DIALECTS[target].encoder(Request("m", (), stream=True))
    first = encoder.send(_STARTED) + encoder.send(_PART) + encoder.send(_CHUNK)
    chunk = encoder.send(_CHUNK)
    head = ResponseHead(200, encoder.head())

    def begun() -> Callable[[], object]:
        exchange = _opened(services, asked)
        exchange.handle(UpstreamRead(1, head, first), 0.0)
        read = UpstreamRead(1, None, chunk)
        said = exchange.handle(read, 0.0)
        assert any(type(each) is SendData for each in said), f"{client} to {target}: {said}"
        return lambda: exchange.handle(read, 0.0)

    return begun


def _cost_us(run: Callable[[], object], number: int) -> float:
    began = time.thread_time()
    for _ in range(number):
        run()
    return 1e6 * (time.thread_time() - began) / number


def _number(cost: float) -> str:
    return f"{cost:.0f}" if cost >= 100 else f"{cost:.1f}"


if __name__ == "__main__":
    sys.exit(main())
