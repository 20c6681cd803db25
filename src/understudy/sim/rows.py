"""Rows of the failure taxonomy as faults: what a provider must do so that exactly that row is seen.

Raises: FaultError for a row that there is not, or that no provider can be made to show.
"""

import difflib
from collections.abc import Iterable
from types import MappingProxyType

import msgspec

from understudy.providers.taxonomy import Example, Row, Taxonomy
from understudy.sim import faults as fault
from understudy.sim.fault_text import FaultError
from understudy.sim.faults import Effect, Fault

_FLAGS: MappingProxyType[str, Effect] = MappingProxyType(
    {
        "connect_refused": fault.Refuse(),
        "reset_before_headers": fault.Drop(),
        "ttfb_timeout": fault.Hang(),
        "headers_then_silence": fault.Silence(),
        "idle_mid_stream": fault.Stall(),
        "drip_below_min_rate": fault.Slow(0.5),
        "reset_mid_stream": fault.Cut(),
        "protocol_error": fault.BadChunk(),
        "eof_without_terminator": fault.MissingTerminator(),
        "finish_without_done": fault.MissingTerminator(fault.Terminator.DONE),
        "done_without_finish": fault.MissingTerminator(fault.Terminator.FINISH),
        "unparsable_chunk": fault.Malformed(),
        "empty_200": fault.Empty(),
        "empty_end_turn": fault.Empty(),
        "length_zero_visible": fault.Empty("length"),
        "html_body": fault.Html200(),
        "invalid_json_body": fault.TruncatedJson(),
        "content_decoding_error": fault.BadEncoding(),
        "error_object_in_200": fault.JsonError200(),
        "error_object_in_data": fault.InStreamError(),
        "keepalive_without_content": fault.Silence(comments=1.0),
        "usage_missing": fault.NoUsage(),
        "wrong_model_served": fault.WrongModel(),
    }
)
"""The taxonomy's words for conditions, and the faults that bring them about."""


def resolve(faults: Iterable[Fault], taxonomy: Taxonomy) -> tuple[Fault, ...]:
    """Replace every fault that names a row by one that shows it."""
    return tuple(
        msgspec.structs.replace(item, effect=effect_of(item.effect, taxonomy))
        if isinstance(item.effect, fault.RowOf)
        else item
        for item in faults
    )


def effect_of(named: fault.RowOf, taxonomy: Taxonomy) -> Effect:
    """What shows the row `named`."""
    row = next((row for row in taxonomy.rows if row.id == named.id), None)
    if row is None:
        ids = [row.id for row in taxonomy.rows]
        close = difflib.get_close_matches(named.id, ids, n=1, cutoff=0.4)
        hint = f", did you mean {close[0]!r}" if close else ""
        raise FaultError(f"row: the failure taxonomy has no row {named.id!r}{hint}")
    example = row.example
    if example.status is not None:
        return _page(example, named.retry_after)
    if example.finish is not None:
        return fault.Finish(example.finish)
    if example.event is not None:
        return fault.InStreamError(
            named.after, example.type or example.code or example.event, example.code, _message(row)
        )
    effect = _FLAGS.get(example.flag or "")
    if effect is None:
        raise FaultError(f"row: {row.id} is no provider's doing (flag {example.flag!r})")
    if isinstance(effect, fault.InStreamError):
        kind = example.type or effect.type
        return fault.InStreamError(named.after, kind, example.code, _message(row))
    if isinstance(effect, fault.Cut | fault.Stall | fault.Malformed | fault.BadChunk):
        return msgspec.structs.replace(effect, after=named.after)
    return effect


def _page(example: Example, retry_after: float | None) -> fault.Page:
    headers = dict(example.headers)
    body = bytes(example.body).decode()
    if body == "null":
        body = example.message or ""
        headers.setdefault("content-type", "text/plain; charset=utf-8")
    else:
        headers.setdefault("content-type", "application/json")
    if retry_after is not None:
        headers["retry-after"] = f"{retry_after:g}"
    assert example.status is not None
    return fault.Page(example.status, body, headers)


def _message(row: Row) -> str:
    return row.example.message or f"simulated: {row.id}"
