"""Rows that describe an answer, not a failure: it is passed on as it is, and nobody is charged."""

import json

import msgspec
import pytest
from tests.matrix import expected
from tests.matrix.cells import CELLS, Cell, Mode, Phase
from tests.matrix.shows import is_answer
from tests.matrix.world import CLIENTS, JSON, SSE, Scene, refusals_move
from tests.play import upstream_data, upstream_end, upstream_head

from understudy.chat.events import Finished, StopReason
from understudy.chat.response import fold
from understudy.exchange.messages import UpstreamConnected
from understudy.wire.http import ResponseHead
from understudy.wire.sse import SseDecoder, encode_frame

ALL = set(expected.OTHERS)
ANSWERS = [cell for cell in CELLS if cell.row.surface != "gateway" and is_answer(cell.row)]
MUTE = [cell for cell in ANSWERS if cell.row.example.flag == "empty_end_turn"]
REFUSED = {StopReason.REFUSAL, StopReason.CONTENT_FILTER}
by_client = pytest.mark.parametrize("client", CLIENTS)


def chunk(delta: object, finish: str | None = None, **more: object) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice], **more}
    return encode_frame(json.dumps(body).encode())


def answer(cell: Cell) -> tuple[ResponseHead, bytes]:
    """What a host says in Chat Completions where the row is what there is to see."""
    has_text = cell.phase is Phase.TOKEN
    finish = cell.row.example.finish or ("length" if "max_tokens" in cell.row.id else "stop")
    flag = cell.row.example.flag
    if flag == "empty_end_turn":
        return anthropic(has_text=has_text, streamed=cell.mode is Mode.STREAMED)
    if flag is not None:
        has_text = True
    if cell.mode is Mode.WHOLE:
        message = {"role": "assistant", "content": "so far" if has_text else ""}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        if flag == "content_filter_error_annotation":
            choice["content_filter_results"] = {"error": {"code": "content_filter_error"}}
        usage = {} if flag == "usage_missing" else {"usage": {"prompt_tokens": 1}}
        return JSON, json.dumps({"id": "c", "model": "m", "choices": [choice], **usage}).encode()
    frames = [chunk({"role": "assistant", "content": ""})]
    if flag == "choices_empty_chunk":
        frames.append(chunk({}, choices=[], prompt_filter_results=[]))
    if has_text:
        frames.append(chunk({"content": "so far"}))
    frames.append(chunk({}, finish))
    if flag != "finish_without_done":
        frames.append(b"data: [DONE]\n\n")
    return SSE, b"".join(frames)


def anthropic(*, has_text: bool, streamed: bool) -> tuple[ResponseHead, bytes]:
    """An empty turn is an answer in that dialect alone."""
    assert not has_text
    message = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": []}
    usage = {"input_tokens": 1, "output_tokens": 0}
    if not streamed:
        return JSON, json.dumps({**message, "stop_reason": "end_turn", "usage": usage}).encode()
    said = (
        {"type": "message_start", "message": {**message, "stop_reason": None, "usage": usage}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage},
        {"type": "message_stop"},
    )
    frames = [encode_frame(msgspec.json.encode(one), str(one["type"])) for one in said]
    return SSE, b"".join(frames)


def after_a_tool(client: str, *, streamed: bool) -> bytes:
    """A request whose last words are a tool's: the model may have nothing to add to them."""
    asked = {"role": "user", "content": "hi"}
    if client == "openai_chat":
        call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
        turns = [
            asked,
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": "done"},
        ]
    else:
        use = {"type": "tool_use", "id": "call_1", "name": "f", "input": {}}
        told = {"type": "tool_result", "tool_use_id": "call_1", "content": "done"}
        turns = [
            asked,
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [told]},
        ]
    body = {"model": "chat", "max_tokens": 100, "messages": turns, "stream": streamed}
    return json.dumps(body).encode()


def play(cell: Cell, client: str, **how) -> Scene:
    is_own = cell.row.example.flag == "empty_end_turn"
    dialect = "anthropic_messages" if is_own else "openai_chat"
    if is_own:
        how.setdefault("body", after_a_tool(client, streamed=cell.mode is Mode.STREAMED))
    scene = Scene(cell, ALL, client, primary=dialect, **how)
    head, body = answer(cell)
    scene.stage.tell(UpstreamConnected(1), upstream_head(1, head))
    frames = SseDecoder().receive_data(body)
    for data in [frame.raw for frame in frames] if scene.is_streamed else [body]:
        scene.stage.tell(upstream_data(1, data))
    scene.stage.tell(upstream_end(1))
    return scene


@by_client
@pytest.mark.parametrize("cell", ANSWERS, ids=str)
def test_an_answer_is_passed_on_with_its_end(cell: Cell, client: str) -> None:
    scene = play(cell, client)
    assert scene.stage.targets() == [expected.PRIMARY]
    assert scene.charged() == {}
    scene.check_shape()
    scene.check_terminator()
    assert scene.stage.status() == 200
    events = scene.heard()
    if cell.row.id == "anthropic.stop.empty_end_turn" and client == "openai_chat":
        return  # Chat Completions has no word for an empty turn: its reader calls that empty.
    assert isinstance(events[-1], Finished)
    assert fold(events).text in {"", "so far"}
    assert scene.stage.entry().outcome == "ok"


@by_client
@pytest.mark.parametrize("cell", MUTE, ids=str)
def test_an_empty_turn_is_asked_for_once_elsewhere_unless_a_tool_spoke_last(
    cell: Cell, client: str
) -> None:
    scene = play(cell, client, body=None)
    assert scene.charged() == {}
    assert len(scene.stage.targets()) == 2
    scene.go_on()
    scene.check_whole()
    assert scene.stage.entry().attempts[0].outcome == "gateway.said_nothing"


@by_client
@pytest.mark.parametrize("cell", ANSWERS, ids=str)
def test_a_refusal_moves_only_unseen_and_where_the_route_says_so(cell: Cell, client: str) -> None:
    scene = play(cell, client, route=refusals_move())
    is_unseen = cell.phase is Phase.HEADERS or cell.mode is Mode.WHOLE
    moves = expected.moves(cell.row, refusals_move=True)
    is_refused = expected.is_refusal(cell.row) and cell.row.example.finish is not None
    if is_refused and is_unseen and moves:
        assert scene.charged() == {}
        assert scene.go_on() == expected.next_target(cell.row, ALL, refusals_move=True)
        scene.check_whole()
        assert scene.stage.entry().attempts[0].outcome == cell.row.id
    else:
        assert scene.stage.targets() == [expected.PRIMARY]
