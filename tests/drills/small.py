"""A small scenario, and evidence made by hand, for the tests of drills."""

from collections.abc import Sequence
from typing import Any

from understudy.dialects.catalog import DIALECTS
from understudy.drills.evidence import Evidence, Look, Request, Shut, Try
from understudy.drills.measure import Case
from understudy.drills.reading import read
from understudy.drills.scenario import Scenario
from understudy.providers.classifier import Classifier
from understudy.providers.taxonomy import load_taxonomy

CLASSIFIER = Classifier(load_taxonomy().rows)

TEXT = """
name = "small"
title = "A small one"
calm = 1

[traffic]
rps = 6

[[facts]]
text = "it happened"
certainty = "D"

[[providers]]
name = "a"
dialect = "openai_chat"
lab = "la"
models = ["m", "n"]

[[providers]]
name = "b"
lab = "lb"
region = "eu"
dialect = "anthropic_messages"
accounts = ["one"]
models = ["m"]

[[routes]]
name = "r"
targets = ["a/m", "b/m"]

[[faults]]
begin = 0
end = 2
where = { host = "a" }
fault = "status(503)"

[[checks]]
check = "client_success"

[[checks]]
check = "share_moved"
where = { host = "a" }
at = 0
within = 20
"""

__all__ = ["CLASSIFIER", "DIALECTS", "TEXT", "asked", "attempt", "case", "scenario", "shut"]


def scenario(text: str = TEXT) -> Scenario:
    return read(text, "small.toml")


def attempt(target: str = "a/m", **fields: Any) -> Try:
    said = {"began": 0.0, "ended": 1.0, "outcome": "ok", "spoke": 0.3, "is_hedge": False}
    return Try(target, **{**said, "tokens": 24, "cost_usd": 0.001, **fields})


def asked(at: float = 0.0, *tries: Try, **fields: Any) -> Request:
    """A whole, exact, streamed answer, unless told otherwise."""
    tries = tries or (attempt(began=at, ended=at + 1, spoke=at + 0.3),)
    last = tries[-1].target
    said = {"ended": at + 1, "route": "r", "stream": True, "mistaken": False, "status": 200}
    said |= {"complete": True, "exact": True, "missing": 0, "duplicated": 0, "first": 0.3}
    return Request(at=at, **{**said, "target": last, "named": last, "error": "", **fields},
                   tries=tries)  # fmt: skip


def shut(kind: str, name: str, open_for: float = 5.0) -> Shut:
    return Shut(kind, name, "open", open_for, "why")


def case(
    requests: Sequence[Request] = (),
    looks: Sequence[Look] = (),
    marks: Sequence[float] = (0.0, 120.0),
    text: str = TEXT,
) -> Case:
    """Evidence at the full rate throughout."""
    found = Evidence(
        sorted(requests, key=lambda one: one.at), list(looks), ((-60.0, 240.0),), tuple(marks),
        (), -60.0, 240.0,
    )  # fmt: skip
    return Case(scenario(text), found)
