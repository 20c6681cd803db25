"""Judge: whether a scenario's checks hold on the evidence of a run, with the measured figures.

The measures themselves are in `shares`, `answers` and `breakers`; here is who measures what.
"""

import msgspec

from understudy.drills import answers, breakers, checks, shares
from understudy.drills.checks import Check
from understudy.drills.evidence import Evidence
from understudy.drills.measure import Case, Measure
from understudy.drills.scenario import Scenario


class Verdict(msgspec.Struct, frozen=True):
    """`measured` and `bound` are words for people. `value` is the figure, None where none is."""

    check: str
    title: str
    ok: bool
    measured: str
    bound: str
    value: float | None = None


def judge(scenario: Scenario, evidence: Evidence) -> tuple[Verdict, ...]:
    """Measure all checks of a scenario, in their order."""
    case = Case(scenario, evidence)
    return tuple(_verdict(check, _measure(case, check)) for check in scenario.checks)


def _verdict(check: Check, found: Measure) -> Verdict:
    name = checks.name_of(check)
    return Verdict(name, title(check), found.ok, found.measured, found.bound, found.value)


def title(check: Check) -> str:
    """The check in one line: its name, and all that is not as usual."""
    said = []
    for field in msgspec.structs.fields(check):
        value = getattr(check, field.name)
        if value == field.default:
            continue
        shown = msgspec.to_builtins(value)
        if isinstance(shown, dict):
            said += [f"{key}={each}" for key, each in shown.items() if each != "*"]
        elif isinstance(shown, float):
            said.append(f"{field.name}={shown:g}")
        else:
            said.append(f"{field.name}={shown}")
    return checks.name_of(check) + (f" ({', '.join(said)})" if said else "")


def _measure(case: Case, check: Check) -> Measure:
    match check:
        case checks.Share() | checks.Moved() | checks.Back() | checks.Growth():
            return shares.measure(case, check)
        case checks.Spend() | checks.ProbeSpend() | checks.Probes() | checks.FailedAttempts():
            return shares.measure_attempts(case, check)
        case (
            checks.Charged()
            | checks.Uncharged()
            | checks.Openings()
            | checks.OpenFor()
            | checks.NotRetired()
        ):
            return breakers.measure(case, check)
        case checks.Hedges() | checks.Losers() | checks.Late() | checks.FirstToken():
            return answers.measure_time(case, check)
        case checks.Attempts() | checks.PolicyKept() | checks.Mistakes() | checks.Named():
            return answers.measure_ways(case, check)
        case _:
            return answers.measure(case, check)
