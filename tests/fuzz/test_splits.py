"""However a stream is cut into reads, it says the same: every place, and pairs of places.

Streams are the simulator's, in both dialects: tools, reasoning, wide characters, all line ends.
"""

import itertools
from collections.abc import Iterator

import pytest
from tests.matrix.cells import ROWS, Cell, Mode, Phase
from tests.matrix.world import SSE, Scene
from tests.play import upstream_data, upstream_end, upstream_head
from tests.sim.hearing import ANTHROPIC, OPENAI, Answer, asked, steps

from understudy.chat.events import Event, Finished
from understudy.dialects.base import Dialect
from understudy.exchange.messages import UpstreamConnected
from understudy.wire.sse import Frame, SseDecoder

TOOLS = {
    OPENAI.name: [{"type": "function", "function": {"name": "f", "parameters": {}}}],
    ANTHROPIC.name: [{"name": "f", "input_schema": {"type": "object"}}],
}
PROMPTS = {
    "text": "hi [tokens=4]",
    "wide": "hi [tokens=4] [words=wide]",
    "tool": "hi [tool=f]",
    "reasoning": "hi [reasoning=3] [tokens=2]",
}
ENDS = {"lf": b"\n", "crlf": b"\r\n", "cr": b"\r"}
LONGEST = 4096
SHORT = 512
SMALL = {
    OPENAI.name: (
        b'\xef\xbb\xbfdata: {"id":"c","choices":[{"delta":{"content":"\xc5\x9d"}}]}\n\n'
        b': ping\n\ndata: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"t",'
        b'"function":{"name":"f","arguments":"{}"}}]}}]}\n\n'
        b'data: {"choices":[{"delta":{},"finish_reason":"tool_calls"}]}\n\ndata: [DONE]\n\n'
    ),
    ANTHROPIC.name: (
        b'data: {"type":"message_start","message":{}}\n\nevent: content_block_start\n'
        b'data: {"index":0,"content_block":{"type":"text","text":"\xc5\x9d"}}\n\n'
        b'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"}}\n\n'
        b'data: {"type":"message_stop"}\n\n'
    ),
}


def stream(dialect: Dialect, prompt: str, end: str) -> bytes:
    """A stream of at most `LONGEST` bytes."""
    body = asked(PROMPTS[prompt], stream=True, tools=TOOLS[dialect.name])
    data = Answer(steps(dialect, body)).body.replace(b"\n", ENDS[end])
    assert SHORT < len(data) <= LONGEST
    return data


def cut(data: bytes, *places: int) -> list[bytes]:
    return [data[a:b] for a, b in itertools.pairwise((0, *places, len(data)))]


def frames(reads: list[bytes]) -> list[Frame]:
    decoder = SseDecoder()
    return [frame for read in reads for frame in decoder.receive_data(read)]


def said(dialect: Dialect, reads: list[bytes]) -> tuple[list[Event], bytes]:
    decoder = dialect.decoder(SSE, stream=True)
    items = [item for read in reads for item in decoder.receive_data(read)]
    items += decoder.receive_eof()
    return [event for item in items for event in item.events], b"".join(x.raw for x in items)


def shown(dialect: Dialect, client: str, reads: list[bytes]) -> bytes:
    """What a client of that dialect gets from the exchange."""
    cell = Cell(ROWS[0], Phase.TOKEN, Mode.STREAMED)
    scene = Scene(cell, set(), client, primary=dialect.name)
    scene.stage.tell(UpstreamConnected(1), upstream_head(1, SSE))
    for read in reads:
        scene.stage.tell(upstream_data(1, read))
    scene.stage.tell(upstream_end(1))
    assert scene.stage.closes() == [True]
    return scene.stage.sent()


def pairs(length: int, stride: int) -> Iterator[tuple[int, int]]:
    return itertools.combinations(range(1, length, stride), 2)


by_dialect = pytest.mark.parametrize("dialect", [OPENAI, ANTHROPIC], ids=lambda each: each.name)
by_prompt = pytest.mark.parametrize("prompt", PROMPTS)


@by_dialect
@by_prompt
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.timeout(120)
def test_every_place_to_cut_gives_the_same_frames_and_events(
    dialect: Dialect, prompt: str, end: str
) -> None:
    data = stream(dialect, prompt, end)
    whole_frames, whole = frames([data]), said(dialect, [data])
    assert isinstance(whole[0][-1], Finished)
    assert whole[1] == data
    for place in range(1, len(data)):
        reads = cut(data, place)
        assert frames(reads) == whole_frames, place
        assert said(dialect, reads) == whole, place


@by_dialect
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.timeout(120)
def test_every_pair_of_places_in_a_short_stream_gives_the_same(dialect: Dialect, end: str) -> None:
    data = SMALL[dialect.name].replace(b"\n", ENDS[end])
    assert len(data) <= SHORT
    whole = frames([data])
    assert isinstance(said(dialect, [data])[0][-1], Finished)
    for first, second in pairs(len(data), 1):
        assert frames(cut(data, first, second)) == whole, (first, second)


@by_dialect
@pytest.mark.timeout(120)
def test_every_pair_of_places_in_a_short_stream_says_the_same(dialect: Dialect) -> None:
    data = SMALL[dialect.name]
    whole = said(dialect, [data])
    for first, second in pairs(len(data), 2):
        assert said(dialect, cut(data, first, second)) == whole, (first, second)


@by_dialect
@by_prompt
@pytest.mark.timeout(120)
def test_pairs_of_places_in_a_long_stream_say_the_same(dialect: Dialect, prompt: str) -> None:
    data = stream(dialect, prompt, "lf")
    whole = said(dialect, [data])
    for first, second in pairs(len(data), 53):
        assert said(dialect, cut(data, first, second)) == whole, (first, second)


@by_dialect
@pytest.mark.parametrize("client", [OPENAI.name, ANTHROPIC.name])
@pytest.mark.parametrize("prompt", ["wide", "tool"])
@pytest.mark.timeout(120)
def test_the_client_gets_the_same_bytes_wherever_the_provider_cuts(
    dialect: Dialect, client: str, prompt: str
) -> None:
    data = stream(dialect, prompt, "lf")
    whole = shown(dialect, client, [data])
    for place in range(1, len(data)):
        assert shown(dialect, client, cut(data, place)) == whole, place
    for places in pairs(len(data), 211):
        assert shown(dialect, client, cut(data, *places)) == whole, places
    assert shown(dialect, client, [data[k : k + 1] for k in range(len(data))]) == whole
