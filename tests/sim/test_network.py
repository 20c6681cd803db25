"""The simulated network: what the gateway's end of a connection sees, and when."""

import pytest

from understudy.dialects.catalog import DIALECTS
from understudy.sim.agenda import Agenda
from understudy.sim.chance import Stream
from understudy.sim.fault_text import parse_faults
from understudy.sim.network import Line, LinePool, Network
from understudy.sim.provider import Incoming, Provider
from understudy.sim.station import Station
from understudy.wire.http import ResponseHead

DIALECT = next(iter(DIALECTS.values()))
BODY = b'{"model":"m","messages":[{"role":"user","content":"x [tokens=2000]"}]}'
LONG = Incoming("POST", DIALECT.chat_paths()[0], (), BODY)
SHORT = Incoming("POST", DIALECT.chat_paths()[0], (), BODY.replace(b"2000", b"2"))
EVEN = Network(connect=1.0, one_way=0.25, jitter=0.0)


class Listening:
    """An attempt's listener, and what it heard."""

    def __init__(self) -> None:
        self.line: Line | None = None
        self.said: list[str] = []
        self.bytes = 0

    def upstream_connected(self, attempt: int, line: Line) -> None:
        self.line = line
        self.said.append("connected")

    def upstream_read(
        self, attempt: int, head: ResponseHead | None, data: bytes, *, is_end: bool
    ) -> None:
        self.bytes += len(data)
        self.said.extend(
            word
            for word, is_so in (("head", head is not None), ("data", bool(data)), ("end", is_end))
            if is_so
        )

    def upstream_closed(self, attempt: int, flag: str, detail: str) -> None:
        self.said.append(flag)


def pool(network: Network = EVEN, faults: str = "") -> LinePool:
    agenda = Agenda()
    station = Station(Provider("a", DIALECT.name), DIALECT, lambda: agenda.now, lambda: 0.5)
    station.arm(parse_faults(faults))
    return LinePool(station, network, agenda, Stream(1))


def ask(made: LinePool, incoming: Incoming = SHORT) -> Listening:
    listening = Listening()
    made.start(listening, 1, incoming)
    return listening


def test_opening_and_each_way_take_their_time():
    made = pool()
    listening = ask(made)
    made.agenda.run(0.99)
    assert listening.said == []
    made.agenda.run(1.0)
    assert listening.said == ["connected"]
    made.agenda.run(1.49)
    assert listening.said == ["connected"]
    made.agenda.run(1.5)
    assert listening.said == ["connected", "head", "data", "end"]


def test_a_connection_that_ended_well_is_used_again_at_once():
    made = pool()
    first = ask(made)
    made.agenda.run(2.0)
    second = ask(made)
    assert second.said == ["connected"]
    assert second.line is first.line
    made.agenda.run(2.0 + EVEN.idle_for)
    made.agenda.run(2.0 + EVEN.idle_for + 1)
    assert ask(made).said == []
    assert made.open_count == 0


@pytest.mark.parametrize(
    ("faults", "flag"),
    [
        ("refuse", "connect_refused"),
        ("drop", "reset_before_headers"),
        ("drop(fin)", "reset_before_headers"),
        ("cut(0)", "reset_mid_stream"),
        ("wrong_length", "reset_mid_stream"),
        ("bad_chunk", "protocol_error"),
    ],
)
def test_what_breaks_is_told_in_the_shells_words(faults, flag):
    made = pool(faults=faults)
    listening = ask(made)
    made.agenda.run(9.0)
    assert listening.said[-1] == flag
    assert made.open_count == 0


def test_where_one_kept_connection_was_dead_no_other_is_tried():
    made = pool(Network(connect=1.0, one_way=0.25, jitter=0.0, idle_close=5.0))
    first, second = ask(made), ask(made)
    made.agenda.run(1.6)
    assert first.said[-1] == second.said[-1] == "end"
    made.agenda.run(1.5 + 5.0 + 0.2)
    stale = ask(made)
    made.agenda.run(1.5 + 5.0 + 0.3)
    assert stale.said[-1] == "reused_connection_closed"
    assert made.open_count == 0


def test_what_is_cancelled_is_heard_of_no_more():
    made = pool()
    opening = ask(made)
    made.cancel(opening, 1)
    made.agenda.run(5.0)
    assert opening.said == []
    waiting = ask(made)
    made.agenda.run(6.1)
    assert waiting.line is not None
    waiting.line.cancel()
    made.agenda.run(9.0)
    assert waiting.said == ["connected"]
    assert (made.open_count, made.station.cancelled) == (0, 0)


def test_who_does_not_read_holds_the_provider_up():
    made = pool()
    listening = ask(made, LONG)
    made.agenda.run(1.0)
    assert listening.line is not None
    listening.line.pause()
    made.agenda.run(9.0)
    assert listening.said == ["connected"]
    listening.line.resume()
    made.agenda.run(9.0)
    assert listening.said[-1] == "end"


def test_reads_are_no_longer_than_the_buffer_and_lose_nothing():
    sizes = set()
    for cuts_small in (False, True):
        made = pool(Network(read_bytes=100, cuts_small=cuts_small))
        listening = ask(made, LONG)
        made.agenda.run(9.0)
        assert listening.said[-1] == "end"
        sizes.add(listening.bytes)
    assert len(sizes) == 1


def test_a_killed_process_resets_and_refuses():
    made = pool(faults="silence")
    listening = ask(made)
    made.agenda.run(3.0)
    made.station.is_killed = True
    made.reset()
    made.agenda.run(4.0)
    assert listening.said == ["connected", "head", "reset_mid_stream"]
    assert ask(made).said == []
    late = ask(made)
    made.agenda.run(9.0)
    assert late.said == ["connect_refused"]


def test_a_connection_that_never_drains_is_given_up():
    made = pool(faults="stall(1)")
    listening = ask(made, LONG)
    made.agenda.run(2.0)
    assert listening.line is not None
    listening.line.detach()
    made.agenda.run(4.0)
    assert made.open_count == 0


def test_there_are_no_more_connections_than_allowed():
    made = pool(Network(max_open=1))
    ask(made)
    second = ask(made)
    made.agenda.run(9.0)
    assert second.said == ["pool_timeout"]
