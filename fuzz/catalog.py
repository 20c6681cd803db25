"""All targets, with where each begins."""

from pathlib import Path

from fuzz import answers, connections, eventstreams, files, operations, requests, seeds
from fuzz.target import Target
from understudy.dialects.catalog import CHATS

CORPUS = Path(__file__).parent / "corpus"
EXAMPLE = Path(__file__).parents[1] / "understudy.example.toml"


def targets() -> dict[str, Target]:
    """Every target by name."""
    made = [*_of_providers(), *_of_clients(), *_of_operators(), *_of_operations()]
    return {target.name: target for target in made}


def _of_providers() -> list[Target]:
    words = (*seeds.JSON_WORDS, *seeds.SSE_WORDS)
    made = [Target("sse", answers.sse, seeds.answers(seeds.MESSAGES, stream=True), seeds.SSE_WORDS)]
    for name, dialect in CHATS.items():
        streams, bodies = (seeds.answers(dialect, stream=stream) for stream in (True, False))
        made.append(Target(f"{name}-stream", answers.stream(name), streams, words))
        made.append(Target(f"{name}-whole", answers.whole(name), bodies, words))
    said = eventstreams.SAID
    framed = [eventstreams.frames(each) for each in said]
    made.append(Target("eventstream", eventstreams.eventstream, framed, eventstreams.WORDS))
    run = eventstreams.messages("bedrock_converse")
    made.append(Target("bedrock_converse-messages", run, said, eventstreams.WORDS))
    made.append(Target("errors", answers.errors, seeds.errors(), seeds.JSON_WORDS))
    made.append(Target("upstream", connections.upstream, seeds.raw_answers(), seeds.HTTP_WORDS))
    return made


def _of_clients() -> list[Target]:
    raw = seeds.raw_requests(b"/v1/chat/completions", b'{"model":"m"}')
    made = [Target("client", connections.client, raw, seeds.HTTP_WORDS)]
    for name, dialect in CHATS.items():
        run = requests.request(name)
        made.append(Target(f"{name}-request", run, seeds.requests(dialect), seeds.JSON_WORDS))
    return made


def _of_operators() -> list[Target]:
    faults = (b"cut(after=5)", b"row(openai.429.rpm, after=1)+slow(2, p=0.5, begin=1)", b"hang")
    control = [
        raw.replace(b"POST", b"PUT")
        for raw in seeds.raw_requests(b"/providers/a/fault", b"hang(p=0.5)")
    ]
    toml = (b"[routes.a]\n", b'"', b"[[", b"=", b"targets = []\n", b"1979-05-27", b"-1", b"inf")
    return [
        Target("config", files.config, [_CONFIG, EXAMPLE.read_bytes()], toml),
        Target("journal", files.journal, [b"", b"\0\0\x64\xff", b"SQLite format 3\0"], _PAGES),
        Target("redact", files.redact, [*seeds.requests(seeds.CHAT)], seeds.JSON_WORDS),
        Target("faults", files.faults, faults, (b"(", b")", b"+", b",", b"=", b"after=", b"[{")),
        Target("control", connections.control, control, seeds.HTTP_WORDS),
    ]


def _of_operations() -> list[Target]:
    made = []
    for name, said in operations.SEEDS.items():
        bodies = operations.answer_seeds(name)
        made.append(Target(f"{name}-whole", operations.whole(name), bodies, seeds.JSON_WORDS))
        made.append(Target(f"{name}-request", operations.request(name), said, seeds.JSON_WORDS))
    return made


_CONFIG = b"""[server]
listen = "127.0.0.1:0"
[keys.app]
key = "env:KEY"
[providers.openai]
kind = "openai"
key = "env:OPENAI_API_KEY"
[providers.local]
kind = "vllm"
base_url = "http://127.0.0.1:8000/v1"
models = ["m"]
[routes.chat]
targets = ["openai/gpt-5.2", "local/m"]
on_break = "resume"
policy = { require = { region = ["eu"] } }
timeouts = { first_token = "5s" }
"""
_PAGES = (b"\0\0\x10\0", b"\0\0\x12\xff", b"\0\x10\0\x0d", b"SQLite format 3\0")
