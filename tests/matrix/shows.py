"""How a row is shown to the exchange: the provider's side of the first attempt, up to its failure.

Time is the exchange's own: what takes too long is waited for, with the clock that it asked for.
"""

from collections.abc import Iterator

import msgspec
from tests.matrix.carrier import as_body, as_event
from tests.matrix.cells import Cell, Phase
from tests.matrix.world import JSON, SSE, Scene
from tests.play import upstream_data, upstream_end, upstream_head
from tests.providers.test_classifier import signal_of

from understudy.chat.failure import Signal
from understudy.exchange.messages import TimerFired, UpstreamClosed, UpstreamConnected
from understudy.providers.taxonomy import Row
from understudy.wire.http import Headers, ResponseHead
from understudy.wire.sse import SseDecoder

TAKES_TOO_LONG = frozenset(
    {
        "connect_timeout",
        "ttfb_timeout",
        "headers_then_silence",
        "idle_mid_stream",
        "drip_below_min_rate",
    }
)
FRAMES = 6
"""Of an answer before it breaks after the first token: its start, and some content."""


def is_answer(row: Row) -> bool:
    """Whether what the row describes is an answer all the same: it is to be passed on as it is."""
    first = row.reaction[0]
    if row.example.finish is not None:
        return first in {"accept", "pass_through"}
    return first == "accept"


def show(scene: Scene, hint: float | None = None) -> None:
    """Let the primary fail as the cell says."""
    cell, row = scene.cell, scene.cell.row
    flag = row.example.flag or ""
    if row.surface == "http":
        _refuse(scene, signal_of(row), hint)
    elif flag in TAKES_TOO_LONG:
        _dawdle(scene, flag)
    elif flag == "content_decoding_error":
        head = SSE if scene.is_streamed else JSON
        fields = (*head.headers, (b"content-encoding", b"gzip"))
        scene.stage.tell(UpstreamConnected(1), upstream_head(1, ResponseHead(200, fields)))
    elif row.surface == "transport" or flag == "pool_timeout":
        _begin(scene, cell)
        scene.stage.tell(UpstreamClosed(1, flag, "gone"))
    else:
        _begin(scene, cell)
        scene.stage.tell(upstream_data(1, as_event(signal_of(row))))
        if not scene.is_streamed:
            scene.stage.tell(upstream_end(1))


def _begin(scene: Scene, cell: Cell) -> None:
    match cell.phase:
        case Phase.BEFORE:
            if cell.row.example.flag in {"reset_before_headers", "reused_connection_closed"}:
                scene.stage.tell(UpstreamConnected(1))
        case Phase.HEADERS:
            scene.begin(1, frames=1)
        case Phase.TOKEN:
            scene.begin(1, frames=FRAMES)


def _refuse(scene: Scene, signal: Signal, hint: float | None) -> None:
    assert signal.status is not None
    headers: Headers = ((b"content-type", b"application/json"),)
    if hint is not None:
        headers += ((b"retry-after", b"%d" % hint),)
    body = as_body(msgspec.structs.replace(signal, retry_after=None))
    scene.stage.tell(
        UpstreamConnected(1),
        upstream_head(1, ResponseHead(signal.status, headers)),
        upstream_data(1, body),
        upstream_end(1),
    )


def _dawdle(scene: Scene, flag: str) -> None:
    stage = scene.stage
    if flag == "ttfb_timeout":
        stage.tell(UpstreamConnected(1))
    elif flag == "headers_then_silence":
        scene.begin(1, frames=1)
    elif flag in {"idle_mid_stream", "drip_below_min_rate"}:
        scene.begin(1, frames=FRAMES)
    if flag == "drip_below_min_rate":
        frames = _contents(scene)
        while not stage.cancelled():
            stage.tell(upstream_data(1, next(frames)), after=stage.wake_at() - stage.now - 1)
            stage.tell(TimerFired(), after=max(0.0, stage.wake_at() - stage.now))
    while not stage.cancelled():
        stage.tell(TimerFired(), after=max(0.0, stage.wake_at() - stage.now))


def _contents(scene: Scene) -> Iterator[bytes]:
    for frame in SseDecoder().receive_data(scene.answer(1).body)[FRAMES:]:
        yield frame.raw
