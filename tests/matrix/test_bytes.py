"""The rows that a dialect of ours can hear, as the bytes that a provider sends when it shows them.

Here nothing is normalised beforehand: the simulator writes the answer, the dialect reads it, and
the exchange must come to the same verdict as for the signal itself.
"""

import pytest
from tests.matrix import expected
from tests.matrix.cells import ROWS, Cell, Mode, Phase, why_not
from tests.matrix.shows import FRAMES, TAKES_TOO_LONG, is_answer
from tests.matrix.world import Scene
from tests.play import upstream_data, upstream_end, upstream_head
from tests.sim.hearing import ANTHROPIC, OPENAI, TAXONOMY, Answer, steps

from understudy.exchange.messages import StartAttempt, TimerFired, UpstreamClosed, UpstreamConnected
from understudy.sim.fault_text import FaultError
from understudy.sim.faults import RowOf
from understudy.sim.rows import effect_of
from understudy.sim.steps import Act

ALL = set(expected.OTHERS)
AFTER = {Phase.BEFORE: 0, Phase.HEADERS: 0, Phase.TOKEN: FRAMES}
FOREIGN = (
    *("openai.stream.event", "openai.stream.failed", "openai.stream.incomplete"),
    *("gemini.", "bedrock.stream", "bedrock.stop"),
)
"""Frames and finish reasons of APIs that no dialect of ours speaks yet."""
UNHEARD = {
    "any.semantic.length_zero_visible": "an answer that used up its limit is given as it is",
    "any.semantic.wrong_model_served": "hosts name models as they please; nobody compares names",
    "any.http.200_invalid_json": "a stream cut short is eof_without_terminator",
    "any.transport.drip_below_min_rate": "a matter of time alone (test_cells)",
    "comfyui.400.not_there": "its code stands at a node, for which no dialect of chat has a place",
    "deepseek.keepalive_only": "comments without end are headers_then_silence when time is up",
}


def reason(cell: Cell) -> str | None:
    """Why a cell is not shown in bytes; None when it is."""
    row = cell.row
    if row.id.startswith(FOREIGN) and row.surface != "http":
        return "its API is no dialect yet"
    if is_answer(row) or row.surface == "gateway":
        return "shown elsewhere"
    if row.id in UNHEARD and not (
        row.id == "any.http.200_invalid_json" and cell.mode is Mode.WHOLE
    ):
        return UNHEARD[row.id]
    try:
        effect_of(RowOf(row.id), TAXONOMY)
    except FaultError:
        return "no provider's doing"
    return why_not(row, cell.phase, cell.mode)


SHOWN = [
    cell
    for row in ROWS
    for phase in Phase
    for mode in Mode
    if reason(cell := Cell(row, phase, mode)) is None
]


def play(cell: Cell) -> Scene:
    row = cell.row
    dialect = ANTHROPIC if row.provider == "anthropic" else OPENAI
    other = "openai_chat" if dialect is ANTHROPIC else "anthropic_messages"
    scene = Scene(cell, ALL, other, primary=dialect.name)
    stage = scene.stage
    request = next(one for one in stage.commands if isinstance(one, StartAttempt)).request
    played = steps(dialect, request.body, f"row({row.id}, after={AFTER[cell.phase]})")
    act = played[-1].act
    answer = Answer(played[:-1] if act is not None and b"chunk size" in played[-1].data else played)
    if row.example.flag == "ttfb_timeout":
        stage.tell(UpstreamConnected(1))
    if answer.status:
        stage.tell(UpstreamConnected(1), upstream_head(1, answer.head))
    if answer.body and not stage.cancelled():
        stage.tell(upstream_data(1, answer.body))
    if stage.cancelled():
        return scene
    if row.example.flag in TAKES_TOO_LONG or (act is Act.HOLD and not played[-1].data):
        while not stage.cancelled():
            stage.tell(TimerFired(), after=max(0.0, stage.wake_at() - stage.now))
    elif act is None:
        stage.tell(upstream_end(1))
    else:
        stage.tell(UpstreamClosed(1, row.example.flag or "", "as the row says"))
    return scene


@pytest.mark.parametrize("cell", SHOWN, ids=str)
def test_a_row_in_bytes_is_the_row(cell: Cell) -> None:
    scene = play(cell)
    is_late = cell.phase is Phase.TOKEN and cell.mode is Mode.STREAMED
    wanted = expected.next_target(cell.row, ALL, committed=is_late)
    assert scene.go_on() == wanted
    attempt = scene.stage.entry().attempts[0]
    assert (attempt.outcome, attempt.charge) == (cell.row.id, cell.row.counts_against)
    if wanted is None:
        scene.check_error()
    else:
        scene.check_whole()


def test_so_many_cells_are_shown_in_bytes():
    assert len(SHOWN) == 474
