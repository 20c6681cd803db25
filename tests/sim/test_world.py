"""The simulated world: faults are seen as over real sockets, and nothing depends on anything but
the seed.
"""

import msgspec
import pytest
from tests.sim.stage import ANTHROPIC, OPENAI, arm, asked, outcomes, setting, world

from understudy.routing.topology import OnBreak, Topology
from understudy.sim.arrivals import Poisson, arrive
from understudy.sim.listening import Ask
from understudy.sim.network import Network
from understudy.sim.world import World

PROMPT = "hello [tokens=40] [rate=100]"
in_both = pytest.mark.parametrize("dialect", [OPENAI, ANTHROPIC])
either_way = pytest.mark.parametrize("stream", [True, False])


@in_both
@either_way
def test_a_good_answer_is_exact(dialect, stream):
    made = world("a", "b")
    heard = asked(made, dialect=dialect, stream=stream, prompt=PROMPT)
    assert heard.is_exact
    assert (heard.finishes, heard.missing_tokens, heard.duplicated_tokens) == (1, 0, 0)
    assert (heard.target, heard.attempts, heard.error) == ("a", 1, None)
    assert heard.ended == pytest.approx(0.4, abs=0.1)
    assert made.entries[0].outcome == "ok"


@either_way
@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("refuse", "connect_refused"),
        ("refuse(times=1)", "reset_before_headers"),
        ("drop", "reset_before_headers"),
        ("hang", "ttfb_timeout"),
        ("silence", "headers_then_silence"),
        ("bad_chunk", "protocol_error"),
        ("status(500)", "500"),
        ("html_200", "200_html"),
        ("bad_encoding", "decode_error"),
    ],
)
def test_a_failure_before_content_is_seen_for_what_it_is_and_hidden(fault, outcome, stream):
    made = world("a", "b")
    arm(made, "a", fault)
    heard = asked(made, stream=stream, prompt=PROMPT)
    assert outcomes(made) == [outcome, "ok"]
    assert heard.is_exact
    assert (heard.target, heard.attempts) == ("b", 2)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("cut(9)", "reset_mid_stream"),
        ("cut(9, how=fin)", "reset_mid_stream"),
        ("stall(9)", "idle_mid_stream"),
        ("missing_terminator(after=9)", "eof_without_terminator"),
        ("bad_chunk(after=9)", "protocol_error"),
    ],
)
def test_a_break_after_content_is_told(fault, outcome):
    made = world("a", "b")
    arm(made, "a", fault)
    heard = asked(made, prompt=PROMPT)
    assert outcomes(made) == [outcome]
    assert not heard.complete
    assert heard.error
    assert (heard.missing_tokens, heard.duplicated_tokens) == (31, 0)


@in_both
def test_a_break_after_content_is_resumed(dialect):
    made = world("a", "b", on_break=OnBreak.RESUME)
    arm(made, "a", "cut(3)")
    heard = asked(made, dialect=dialect, prompt=PROMPT)
    assert heard.is_exact
    assert (heard.target, heard.attempts) == ("b", 2)
    assert heard.seam == made.entries[0].seam


def test_a_connection_is_used_again_and_may_have_been_closed_meanwhile():
    made = world("a", network=Network(idle_close=10.0))
    assert asked(made).is_exact
    made.run(made.now + 5)
    assert asked(made).is_exact
    assert made.pool_of("a").open_count == 1
    made.run(made.now + 11)
    assert made.pool_of("a").open_count == 0
    assert asked(made).is_exact


def test_a_connection_that_closes_while_a_request_is_on_its_way_is_seen():
    made = world("a", "b", network=Network(one_way=0.5, jitter=0.0, idle_close=10.0))
    asked(made)
    made.run(made.now + 10.2)
    assert asked(made).is_exact
    assert outcomes(made)[0] == "reused_connection_closed"


def test_a_killed_provider_cuts_what_it_was_saying_and_comes_back():
    made = world("a", "b", on_break=OnBreak.RESUME)
    made.at(0.2, lambda: made.kill("a"))
    heard = asked(made, prompt=PROMPT)
    assert heard.is_exact
    assert outcomes(made) == ["reset_mid_stream", "ok"]
    asked(made, prompt=PROMPT)
    assert outcomes(made) == ["connect_refused", "ok"]
    made.revive("a")
    assert asked(made).target == "a"


def test_a_network_that_swallows_connections_is_a_timeout():
    made = world("a", "b")
    made.cut_off(["a"])
    assert asked(made).target == "b"
    assert outcomes(made) == ["connect_timeout", "ok"]
    made.cut_off(["a"], "dns_failure")
    asked(made)
    assert outcomes(made)[0] == "dns_failure"
    made.cut_off(["a"], None)
    assert asked(made).target == "a"


def test_a_client_that_hangs_up_stops_everything():
    made = world("a", "b")
    heard = asked(made, prompt=PROMPT, leaves_at=0.2)
    assert heard.left
    assert made.entries[0].outcome == "client_gone"
    assert made.station("a").cancelled == 1
    assert made.pool_of("a").open_count == 0


def test_a_slow_reader_gets_everything_and_holds_nobody_else_up():
    made = world("a", provider={"rate": 0.0})
    heard = asked(made, prompt="much [tokens=4000]", reads=20_000.0)
    assert heard.is_exact
    assert heard.ended > 10


def test_a_target_that_is_swapped_in_takes_over():
    made = world("a", "b")
    topology = made.topology
    route = msgspec.structs.replace(topology.routes["r"], targets=("b",))
    made.swap(Topology(topology.targets, {"r": route}))
    assert asked(made).target == "b"


def test_a_credential_is_its_domains_name_so_that_faults_can_choose():
    made = world("a", "b")
    arm(made, "a", "status(401, key=a)")
    asked(made)
    assert outcomes(made) == ["401", "ok"]
    arm(made, "a", "status(401, key=other)")
    made.run(4000)
    assert asked(made).target == "a"


def test_the_wall_clock_moves_nothing_but_the_date():
    plain, jumping = world("a"), world("a")
    jumping.set_wall_clock(-86_400.0)
    assert asked(plain) == asked(jumping)
    assert plain.entries[0].at - jumping.entries[0].at == 86_400.0


def test_a_row_of_the_taxonomy_is_a_fault():
    made = world("a", "b")
    arm(made, "a", "row(openai.429.rpm)")
    asked(made)
    assert made.entries[0].attempts[0].status == 429


def play(seed: int) -> tuple[bytes, World]:
    how = setting("a", "b", "c", dialects={"b": ANTHROPIC}, on_break=OnBreak.RESUME)
    made = World(how, seed)
    arm(made, "a", "cut(2, p=0.2)+status(500, p=0.2)")
    arm(made, "b", "hang(p=0.1)")
    arrive(made, Poisson(5.0), lambda n: Ask("r", OPENAI, f"number {n}"), until=60.0)
    made.run(60.0)
    made.finish()
    return msgspec.json.encode(made.entries), made


def test_the_same_seed_is_the_same_journal_and_another_is_another():
    first, made = play(1)
    assert made.heard.ended > 200
    assert first == play(1)[0]
    assert first != play(2)[0]
