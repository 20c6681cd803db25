"""Invariants: each one is broken once, and that is seen."""

import msgspec
import pytest

from tests.exchange.stage import ask, begin, route, services, target
from tests.play import Stage
from understudy.exchange.invariants import InvariantBroken, Referee, Watch
from understudy.exchange.messages import (
    CancelAttempt,
    Close,
    Command,
    Record,
    SendData,
    SendHead,
    StartAttempt,
)
from understudy.journal.entry import AttemptEntry, RequestEntry
from understudy.routing.topology import Policy, Route, Topology
from understudy.wire.http import HttpRequest

ROUTE = Route("r", ("a", "b"))
TOPOLOGY = Topology({name: target(name) for name in "abc"}, {"r": ROUTE})
HEAD, DATA, END = SendHead(200, (), None), SendData(b"x"), Close()


def attempt(
    number: int = 1, target_: str = "a", outcome: str = "ok", **how: object
) -> AttemptEntry:
    made = AttemptEntry(number, target_, 0.0, 1.0, outcome, first_content=0.5)
    return msgspec.structs.replace(made, **how)


def entry(*attempts: AttemptEntry, outcome: str = "ok", **how: object) -> RequestEntry:
    made = RequestEntry(
        "i", 0.0, 2.0, "c", "toy", "r", stream=True, outcome=outcome, status=200, attempts=attempts
    )
    return msgspec.structs.replace(made, **how)


def start(number: int = 1, name: str = "a") -> StartAttempt:
    return StartAttempt(number, name, HttpRequest("POST", "/", (), b""))


GOOD: tuple[Command, ...] = (start(), HEAD, DATA, Record(entry(attempt())), END)


def see(*commands: Command, route_: Route | None = ROUTE, over: int = 0) -> Referee:
    referee = Referee(TOPOLOGY)
    for command in commands:
        if isinstance(command, Record) and over:
            referee.over(over)
        referee.see(command, route_)
        referee.settle()
    return referee


def test_a_good_answer_breaks_nothing():
    see(*GOOD, over=1)
    see(*GOOD)  # what HTTP has not ended yet is left to drain


def test_an_exchange_as_it_is_breaks_nothing():
    stage = ask(services(target("a"), target("b"), route=route()))
    begin(stage, 1, ("start", "i"), ("text", "hello"), ("end", "end"))
    see(*stage.commands)
    stage = Stage(stage.exchange, 9.0)


@pytest.mark.parametrize(
    ("commands", "what"),
    [
        ((HEAD, HEAD), "a head at the body"),
        ((DATA,), "data at nothing sent"),
        ((*GOOD, DATA), "data at the end"),
        ((*GOOD, END), "an end at the end"),
        ((HEAD, END), "not in the books"),
        ((start(), Record(entry(attempt())), END), "an answer without a head"),
        ((start(2),), "attempt 2 starts after 0"),
        ((start(), start()), "attempt 1 starts after 1"),
        ((start(), HEAD, Record(entry())), "0 of 1 attempts are in the books"),
        ((*GOOD[:-1], GOOD[-2]), "recorded twice"),
        ((CancelAttempt(1),), "attempt 1 is not live"),
        ((start(), CancelAttempt(1), CancelAttempt(1)), "attempt 1 is not live"),
        ((start(1, "c"),), "c is no target of route r"),
        ((start(), HEAD, start(2, "b")), r"attempts \[1, 2\] are live"),
        ((SendHead(500, (), None), start()), "an attempt after an error"),
        ((start(), HEAD, Record(entry(attempt(target_="b")))), "a was asked, b is in the books"),
        ((start(), HEAD, Record(entry(attempt(ended=3.0)))), "times run backwards"),
        ((start(), HEAD, Record(entry(attempt(outcome="x")))), "who answered"),
        ((start(), HEAD, Record(entry(attempt(2)))), r"attempts \[2\] in the books"),
        ((start(), SendHead(500, (), None), *GOOD[-2:]), "answered with status 500"),
        (
            (start(), HEAD, Record(entry(attempt(outcome="x"), outcome="failed")), END),
            "go on",
        ),
        (
            (
                start(),
                HEAD,
                CancelAttempt(1),
                start(2, "b"),
                Record(entry(attempt(outcome="x"), attempt(2, "b"))),
            ),
            "and no seam",
        ),
    ],
)
def test_what_must_never_be_is_seen(commands, what):
    with pytest.raises(InvariantBroken, match=what):
        see(*commands)


def test_a_forbidden_target_is_seen():
    strict = msgspec.structs.replace(ROUTE, policy=Policy({"residency": ("eu",)}))
    with pytest.raises(InvariantBroken, match="a is forbidden: policy: residency"):
        see(start(), route_=strict)
    with pytest.raises(InvariantBroken, match="z is configured no more"):
        see(start(1, "z"), route_=Route("r", ("z",)))
    with pytest.raises(InvariantBroken, match="without a route"):
        see(start(), route_=None)


def test_a_client_that_left_needs_no_head():
    gone = entry(attempt(outcome="abandoned"), outcome="client_gone", status=0)
    see(start(), CancelAttempt(1), Record(gone), END)


def test_the_watch_of_production_sees_the_same_order():
    watch = Watch()
    watch.starts(1)
    watch.heads()
    watch.sends()
    watch.records(entry(attempt()))
    watch.closes()
    with pytest.raises(InvariantBroken, match="data at the end"):
        watch.sends()
    with pytest.raises(InvariantBroken, match="starts after 1 at the end"):
        watch.starts(2)
