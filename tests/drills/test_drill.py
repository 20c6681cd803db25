"""Drills: a scenario played in the simulated world."""

import subprocess
import sys

import msgspec
from tests.drills.small import CLASSIFIER, DIALECTS, TEXT, scenario

from understudy.drills.drill import FULL, QUICK, Pace, run, stretches
from understudy.drills.evidence import Evidence
from understudy.drills.scenario import Action, Deed, Scenario
from understudy.drills.timeline import Timeline

FEW = Pace(20.0, 5.0, 5.0, 2, 0.2)


def played(what: Scenario | None = None, seed: int = 0, pace: Pace = FEW) -> Evidence:
    return run(what or scenario(), DIALECTS, CLASSIFIER, seed, pace)


def test_another_target_answers_while_the_first_is_down():
    found = played()
    assert all(request.complete and request.exact for request in found.requests)
    assert {request.target for request in found.between(30.0, 110.0)} == {"b/m"}
    assert {request.target for request in found.between(-30.0, -1.0)} == {"a/m"}
    shut = {(each.kind, each.name) for look in found.looks for each in look.shut}
    assert shut == {("host", "a")}


def test_the_same_seed_gives_the_same_evidence_whatever_the_hash_seed():
    code = (
        "import msgspec; from tests.drills.test_drill import played; "
        "from hashlib import sha256; "
        "print(sha256(msgspec.json.encode(played(seed=3).requests)).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(digests) == 1
    assert played(seed=3).requests != played(seed=4).requests


def test_around_a_change_the_rate_is_full_and_else_it_is_thin():
    found = played(scenario(TEXT.replace("end = 2", "end = 10")))
    dense = sum(stop - begin for begin, stop in found.dense)
    inside = sum(found.is_dense(request.at) for request in found.requests)
    assert 4.5 < inside / dense < 7.5
    thin = (found.end - found.begin) - dense
    assert (len(found.requests) - inside) / thin < 0.4


def test_bursts_are_played_at_the_full_rate_only_as_often_as_the_pace_says():
    found = Timeline((), (0.0, 1000.0), tuple(map(float, range(100, 900, 100))), (1000.0,))
    assert stretches(found, Pace(10.0, 7.0, 5.0, 2, 0.2), 2000.0) == (
        (-30.0, 10.0), (100.0, 105.0), (500.0, 505.0), (1000.0, 1010.0),
    )  # fmt: skip
    settled = stretches(found, Pace(10.0, 7.0, 5.0, 2, 0.2), 2000.0, before=7.0)
    assert settled[-1] == (993.0, 1010.0)
    assert stretches(found, FULL, 2000.0) == ((-30.0, 2000.0),)
    assert len(stretches(found, QUICK, 2000.0)) > 4


def test_an_operator_leads_traffic_away_and_back_without_a_failure():
    healthy = TEXT.replace('fault = "status(503)"', "healthy = true").replace("end = 2", "end = 9")
    actions = (Action(1, Deed.DRAIN, "host:a", 1), Action(5, Deed.RETURN, "host:a", 1))
    found = played(msgspec.structs.replace(scenario(healthy), actions=actions))
    assert {request.target for request in found.between(130.0, 290.0)} == {"b/m"}
    assert {request.target for request in found.between(380.0, 500.0)} == {"a/m"}
    assert all(len(request.tries) == 1 for request in found.requests)


def test_mistakes_are_marked_and_the_providers_answer_to_them_is_returned():
    text = TEXT.replace("rps = 6", "rps = 6\nmistakes = 0.2")
    mistakes = [request for request in played(scenario(text)).requests if request.mistaken]
    assert mistakes
    assert {request.status for request in mistakes} == {400}
