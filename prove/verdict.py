"""What is wrong with an answer, if anything: failed, tokens missing, tokens twice, not one end."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from prove.client import Ask, Heard


class Tally(msgspec.Struct):
    """Answers counted by what is wrong with them; `examples` keeps the first few for people.

    `hit` are those whose own attempt was broken: the rest came when the primary was known dead.
    """

    total: int = 0
    hit: int = 0
    wrong: Counter[str] = msgspec.field(default_factory=Counter)
    phases: Counter[str] = msgspec.field(default_factory=Counter)
    examples: list[str] = []

    def count(self, request: Ask, heard: Heard, *, is_hit: bool | None = None) -> None:
        """Take in one answer; whether it was hit is seen in it, where nobody knows better."""
        self.total += 1
        phase = phase_of(heard)
        self.phases[phase] += 1
        self.hit += phase != "never" if is_hit is None else is_hit
        for fault in faults_of(request, heard):
            self.wrong[fault] += 1
            if len(self.examples) < 10:
                shown = f"{fault}: {heard.status} {heard.errors} {heard.notes} {heard.text[-60:]!r}"
                self.examples = [*self.examples, shown]

    def told(self) -> str:
        """The counts in the words of the goal."""
        words = ("failed", "duplicated", "missing", "not one finish")
        return ", ".join(f"{self.wrong[word]} {word}" for word in words)


def faults_of(request: Ask, heard: Heard) -> list[str]:
    """The words for what is wrong with an answer; none for a good one."""
    if heard.status != 200 or heard.errors or not heard.is_whole:
        return ["failed"]
    faults = []
    if heard.text != request.expected:
        faults.append(_difference(request.expected, heard.text))
    if (heard.finishes, heard.ends, heard.after_end) != (1, 1, 0):
        faults.append("not one finish")
    return faults


def phase_of(heard: Heard) -> str:
    """When the primary broke, as this client saw it.

    "before" the first content: the head names more than one attempt. "within": a seam was told.
    """
    if "seam=" in heard.notes:
        return "within"
    return "before" if heard.attempts > 1 else "never"


def percentile(values: Sequence[float], share: float) -> float:
    """The plain empirical quantile (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-len(ordered) * share // 1) - 1))]


def _difference(expected: str, said: str) -> str:
    """Tokens are all four characters long, so positions tell."""
    return "duplicated" if len(said) > len(expected) else "missing"
