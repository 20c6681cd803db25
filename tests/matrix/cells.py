"""The matrix: every row of the taxonomy, in every phase, streamed and whole; or why it cannot be.

A row's surface says where it shows, so most combinations cannot exist. `why_not` has a sentence for
each of those, `CELLS` all that remain; `test_cells` counts both, so that none gets lost.
"""

import enum
import itertools

import msgspec

from understudy.providers.taxonomy import Row, load_taxonomy

ROWS = load_taxonomy().rows


class Phase(enum.Enum):
    """How far an answer is when it fails. Of a whole answer the client sees nothing until its end:
    there TOKEN means that part of the body has come.
    """

    BEFORE = "before headers"
    HEADERS = "after headers, before content"
    TOKEN = "after the first token"


class Mode(enum.Enum):
    STREAMED = "streamed"
    WHOLE = "whole"


class Cell(msgspec.Struct, frozen=True):
    row: Row
    phase: Phase
    mode: Mode

    def __str__(self) -> str:  # type: ignore[explicit-override]  # typing has it from 3.12 on
        return f"{self.row.id}-{self.phase.name}-{self.mode.name}".lower()


_NO_STREAM = "a whole answer has no such frame: it is one JSON object"
_PHASES = {
    "dns_failure": {Phase.BEFORE},
    "dns_slow": {Phase.BEFORE},
    "connect_refused": {Phase.BEFORE},
    "connect_timeout": {Phase.BEFORE},
    "tls_failure": {Phase.BEFORE},
    "h2_refused_or_goaway": {Phase.BEFORE},
    "reset_before_headers": {Phase.BEFORE},
    "reused_connection_closed": {Phase.BEFORE},
    "ttfb_timeout": {Phase.BEFORE},
    "headers_then_silence": {Phase.HEADERS},
    "content_decoding_error": {Phase.HEADERS},
    "idle_mid_stream": {Phase.TOKEN},
    "drip_below_min_rate": {Phase.TOKEN},
    "keepalive_without_content": {Phase.HEADERS},
    "reset_mid_stream": {Phase.HEADERS, Phase.TOKEN},
    "protocol_error": set(Phase),
    "html_body": {Phase.HEADERS},
    "invalid_json_body": {Phase.HEADERS},
    "empty_200": {Phase.HEADERS},
    "empty_end_turn": {Phase.HEADERS},
    "length_zero_visible": {Phase.HEADERS},
    "stop_without_parts": {Phase.HEADERS},
    "prompt_feedback_block_reason": {Phase.HEADERS},
    "error_object_in_200": {Phase.HEADERS},
    "pool_timeout": {Phase.BEFORE},
    "credential_unavailable": {Phase.BEFORE},
    "client_bad_input": {Phase.BEFORE},
    "client_disconnected": set(Phase),
    "client_slow_reader": {Phase.TOKEN},
    "client_deadline_expired": set(Phase),
    "retry_budget_exhausted": {Phase.BEFORE, Phase.HEADERS, Phase.TOKEN},
}
_ONLY_STREAMED = frozenset(
    {"idle_mid_stream", "drip_below_min_rate", "keepalive_without_content", "client_slow_reader"}
)
_NOT_OF_ONE_REQUEST = {
    "cost_cap_reached": "no cap on cost is configurable",
    "overload_shed": "the shell refuses before there is an exchange (tests/shell/test_plane.py)",
    "event_loop_lag": "a matter of the process, of no answer",
    "clock_jump": "a matter of the process, of no answer",
    "said_nothing": "shows in an answer that ends well (tests/exchange/test_ending.py)",
    "continuation_diverged": "shows in a continuation only (tests/exchange/test_splice.py)",
    "journal_unwritable": "a matter of the recorder (tests/shell/test_recorder.py)",
}


def why_not(row: Row, phase: Phase, mode: Mode) -> str | None:
    """Say why a combination cannot exist; None when it can."""
    flag = row.example.flag or ""
    if flag in _NOT_OF_ONE_REQUEST:
        return _NOT_OF_ONE_REQUEST[flag]
    if row.surface == "http":
        return None if phase is Phase.BEFORE else "an error status is in the headers themselves"
    if phase not in _phases(row):
        return f"{flag or row.surface} does not show {phase.value}"
    if mode is Mode.STREAMED:
        return None
    if flag in _ONLY_STREAMED:
        return "nobody sees how a whole answer progresses"
    if row.surface == "stream" and row.example.finish is None:
        return _NO_STREAM
    return None


def _phases(row: Row) -> set[Phase]:
    flag = row.example.flag or ""
    if flag in _PHASES:
        return _PHASES[flag]
    # Frames of a stream, finish reasons, and what is found when the answer is looked at.
    return {Phase.HEADERS, Phase.TOKEN}


CELLS = tuple(
    Cell(row, phase, mode)
    for row, phase, mode in itertools.product(ROWS, Phase, Mode)
    if why_not(row, phase, mode) is None
)
