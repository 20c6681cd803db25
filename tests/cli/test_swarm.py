"""The swarm's command: what it says of good cases, and of one that breaks."""

import pytest
from click.testing import CliRunner

from understudy.cli import swarm as module
from understudy.cli.swarm import Summary, run_many, swarm
from understudy.sim.swarm import Ran
from understudy.sim.world import Tally


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(swarm, list(arguments))
    return result.exit_code, result.output


def test_good_cases_are_counted():
    code, said = run("--seed", "3", "--seeds", "2", "--seconds", "5")
    assert code == 0, said
    assert "2 cases" in said
    assert "0 broken" in said


@pytest.mark.timeout(90)
def test_processes_find_the_same_as_one():
    first, second = (
        run("--seeds", "30", "--seconds", "1", "--jobs", jobs)[1].splitlines()[-1].split(" in ")[0]
        for jobs in ("1", "2")
    )
    assert first == second


def test_a_finding_comes_with_the_command_that_shows_it_again(monkeypatch):
    ran = Ran(7, "at 1.0: two heads", 1.0, Tally(), {}, [])
    monkeypatch.setattr(module, "run_case", lambda kit, seed, seconds: ran)
    code, said = run("--seed", "7")
    assert code == 1
    assert "case 7: at 1.0: two heads" in said
    assert "make sim SEED=7 SEEDS=1\n" in said
    assert "make sim SEED=7 SEEDS=1 FOR=5\n" in run("--seed", "7", "--seconds", "5")[1]


def test_a_case_can_be_shown():
    said = run("--seed", "1", "--seconds", "1", "--show")[1]
    assert "Route(name='first'" in said
    assert "key:" in said


def test_summaries_add_up():
    total = Summary()
    for seeds in (range(2), range(2, 4)):
        total.join(run_many(seeds, 3.0))
    together = run_many(range(4), 3.0)
    assert (total.requests, total.outcomes) == (together.requests, together.outcomes)
    assert total.requests == pytest.approx(sum(total.outcomes.values()))
