"""Traffic: what the clients of a random case ask, and when; good requests and bad ones."""

import msgspec

from understudy.chat.request import Tool
from understudy.sim.chance import Stream
from understudy.sim.listening import Ask

_SCHEMA = msgspec.Raw(
    b'{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},'
    b'"required":["city","days"]}'
)
_TOOLS = (Tool("look_up", "Looks.", _SCHEMA), Tool("write_down", "Writes.", _SCHEMA))
_MISTAKES = (
    b"",
    b"no json at all",
    b"[]",
    b'{"model":"%b"}',
    b'{"model":"%b","messages":[]}',
    b'{"model":"%b","messages":"hello"}',
    b'{"model":"%b","max_tokens":9,"messages":[{"role":"nobody","content":"x"}]}',
    b'{"model":"%b","max_tokens":-1,"messages":[{"role":"user","content":"x"}]}',
    b'{"model":"%b","max_tokens":9,"messages":[{"role":"user","content":{"x":1}}]}',
    b'{"model":"nowhere","max_tokens":9,"messages":[{"role":"user","content":"x"}]}',
)


def draw_asks(
    stream: Stream, dialects: tuple[str, ...], routes: tuple[str, ...], seconds: float
) -> tuple[tuple[float, Ask], ...]:
    """Requests with their times. Which kinds there are at all differs from case to case."""
    mean = stream.pick((0.2, 0.5, 2.0))
    size = stream.pick((1, 1, 1, 10))
    kinds = stream.some(("mistakes", "leavers", "readers", "tools", "json", "whole"), 3)
    found: list[tuple[float, Ask]] = []
    when = stream.exponential(mean)
    while when < seconds:
        found.extend((when, _ask(stream, dialects, routes, kinds)) for _ in range(size))
        when += stream.exponential(mean * size)
    return tuple(found)


def _ask(
    stream: Stream, dialects: tuple[str, ...], routes: tuple[str, ...], kinds: list[str]
) -> Ask:
    dialect, route = stream.pick(dialects), stream.pick(routes)
    if "mistakes" in kinds and stream.happens(0.1):
        template = stream.pick(_MISTAKES)
        body = template % route.encode() if b"%b" in template else template
        return Ask(route, dialect, body=body, stream=False)
    prompt = f"Tell me about {stream.bits():x}."
    asked: tuple[Tool, ...] = ()
    wants_json = False
    if "tools" in kinds and stream.happens(0.3):
        asked = _TOOLS
        prompt += stream.pick((" [tool=look_up]", " [tool=look_up] [tool=write_down]", ""))
    elif "json" in kinds and stream.happens(0.3):
        wants_json = True
        prompt += " [json]"
    prompt += f" [tokens={stream.pick((1, 5, 40, 40, 150))}]"
    if stream.happens(0.1):
        prompt += " [words=wide]"
    reasons = stream.happens(0.1)
    return Ask(
        model=route,
        dialect=dialect,
        prompt=prompt,
        stream="whole" not in kinds or stream.happens(0.6),
        turns=("first", "second") if stream.happens(0.2) else (),
        tools=asked,
        wants_json=wants_json,
        limit=stream.pick((None, None, 10_000, 10_000 if reasons else 20)),
        leaves_at=stream.exponential(1.0) if "leavers" in kinds and stream.happens(0.2) else None,
        reads=stream.pick((500.0, 5_000.0)) if "readers" in kinds and stream.happens(0.2) else None,
        reasons=reasons,
    )
