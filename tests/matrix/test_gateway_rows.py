"""Rows of the gateway itself: a client that left, time that is up, no room. Almost nobody is
charged.
"""

import pytest
from tests.matrix import expected
from tests.matrix.cells import CELLS, Cell, Mode, Phase
from tests.matrix.world import CLIENTS, Scene

from understudy.chat.failure import Scope
from understudy.exchange.messages import (
    ClientBlocked,
    ClientGone,
    TimerFired,
    UpstreamClosed,
    UpstreamConnected,
)
from understudy.routing.topology import OnBreak, Route, Timeouts

ALL = set(expected.OTHERS)
FRAMES = 6
by_client = pytest.mark.parametrize("client", CLIENTS)


def cells(flag: str) -> list[Cell]:
    return [cell for cell in CELLS if cell.row.example.flag == flag]


def begun(cell: Cell, client: str, **how) -> Scene:
    scene = Scene(cell, ALL, client, **how)
    if cell.phase is Phase.BEFORE:
        scene.stage.tell(UpstreamConnected(1))
    else:
        scene.begin(1, frames=1 if cell.phase is Phase.HEADERS else FRAMES)
    return scene


@by_client
@pytest.mark.parametrize("cell", cells("client_disconnected"), ids=str)
def test_a_client_that_left_is_nobodys_fault(cell: Cell, client: str) -> None:
    scene = begun(cell, client)
    scene.stage.tell(ClientGone())
    assert scene.charged() == {}
    assert scene.stage.cancelled() == [1]
    assert scene.stage.targets() == [expected.PRIMARY]
    entry = scene.stage.entry()
    assert (entry.outcome, entry.attempts[0].outcome) == ("client_gone", "abandoned")


@by_client
@pytest.mark.parametrize("cell", cells("client_slow_reader"), ids=str)
def test_a_client_that_does_not_read_makes_no_provider_late(cell: Cell, client: str) -> None:
    scene = begun(cell, client)
    scene.stage.tell(ClientBlocked())
    scene.stage.tell(TimerFired(), after=300.0)
    assert not scene.is_over
    assert scene.charged() == {}
    scene.stage.tell(ClientGone())
    assert scene.charged() == {}
    assert scene.stage.entry().outcome == "client_gone"


@by_client
@pytest.mark.parametrize("cell", cells("client_deadline_expired"), ids=str)
def test_a_deadline_ends_everything_and_blames_only_silence(cell: Cell, client: str) -> None:
    patient = Timeouts(connect=1e6, first_token=1e6, idle=1e6, answer=1e6, is_adaptive=False)
    route = Route("chat", (), deadline=50.0, timeouts=patient, on_break=OnBreak.RESUME)
    scene = Scene(cell, set(), client, route=route)
    if cell.phase is not Phase.BEFORE:
        scene.begin(1, frames=1 if cell.phase is Phase.HEADERS else FRAMES)
    scene.stage.tell(TimerFired(), after=50.0)
    scene.check_error()
    attempt = scene.stage.entry().attempts[0]
    if cell.phase is Phase.TOKEN and cell.mode is Mode.STREAMED:
        assert attempt.outcome == cell.row.id
        assert scene.charged() == {}
    else:
        silence = "connect_timeout" if cell.phase is Phase.BEFORE else "headers_then_silence"
        assert attempt.outcome == f"any.transport.{silence}"


@by_client
@pytest.mark.parametrize("cell", cells("pool_timeout"), ids=str)
def test_a_full_pool_charges_nobody_and_another_host_is_asked(cell: Cell, client: str) -> None:
    scene = Scene(cell, ALL, client)
    scene.stage.tell(UpstreamClosed(1, "pool_timeout", "full"))
    assert scene.charged() == {}
    assert scene.go_on() == expected.HOST
    scene.check_whole()
    assert scene.stage.entry().attempts[0].outcome == cell.row.id


@by_client
@pytest.mark.parametrize("cell", cells("credential_unavailable"), ids=str)
def test_a_credential_that_did_not_come_closes_its_key_alone(cell: Cell, client: str) -> None:
    scene = Scene(cell, ALL, client)
    scene.stage.tell(UpstreamClosed(1, "credential_unavailable", "no role"))
    assert [domain.kind for domain in scene.charged()] == [Scope.KEY]
    assert scene.go_on() is not None
    scene.check_whole()
    assert scene.stage.entry().attempts[0].outcome == cell.row.id


@by_client
@pytest.mark.parametrize("cell", cells("client_bad_input"), ids=str)
def test_what_is_no_request_is_refused_unasked(cell: Cell, client: str) -> None:
    scene = Scene(cell, ALL, client, body=b'{"model": "chat", "messages": 5}')
    assert scene.charged() == {}
    assert scene.stage.targets() == []
    scene.check_error()
    entry = scene.stage.entry()
    assert (entry.outcome, entry.failure, entry.status) == ("rejected", cell.row.id, 400)


@by_client
@pytest.mark.parametrize("cell", cells("retry_budget_exhausted"), ids=str)
def test_without_a_retry_budget_the_first_failure_is_the_last(cell: Cell, client: str) -> None:
    scene = begun(cell, client, has_budget=False)
    scene.stage.tell(UpstreamClosed(1, "reset_mid_stream", "gone"))
    assert scene.go_on() is None
    scene.check_error()
    assert scene.stage.entry().attempts[0].outcome == "any.transport.reset_mid_stream"
