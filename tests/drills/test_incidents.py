"""The twelve incidents, played in virtual time: every check holds, or is known not to yet."""

from types import MappingProxyType

import pytest
from tests.drills.small import CLASSIFIER, DIALECTS

from understudy.drills.drill import QUICK, run
from understudy.drills.judge import judge
from understudy.drills.reading import load, shipped
from understudy.drills.report import Mode, again, lines, report

SEED = 0

MISSED: MappingProxyType[str, set[str]] = MappingProxyType({})
"""Checks that the product does not meet yet, or only with luck. Whoever mends one strikes it."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", shipped())
def test_an_incident(name: str) -> None:
    scenario = load(name)
    evidence = run(scenario, DIALECTS, CLASSIFIER, SEED, QUICK)
    found = report(scenario, evidence, judge(scenario, evidence), SEED, Mode.QUICK)
    said = "\n".join(lines(found, again(found)))
    failed = {verdict.check for verdict in found.verdicts if not verdict.ok}
    assert failed - MISSED.get(name, set()) == set(), said
