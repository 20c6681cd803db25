"""Agenda: virtual time. What is to happen when; running it moves the clock, and nothing waits."""

import heapq
from collections.abc import Callable


class Agenda:
    """Actions of the same moment happen in the order in which they were entered."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, when: float, action: Callable[[], None]) -> None:
        """Do `action` at `when`; what is late already is done next."""
        self._count += 1
        heapq.heappush(self._due, (max(when, self.now), self._count, action))

    def after(self, delay: float, action: Callable[[], None]) -> None:
        """Do `action` in `delay` seconds."""
        self.at(self.now + delay, action)

    @property
    def next_at(self) -> float | None:
        """When the next action is due, None when nothing is left."""
        return self._due[0][0] if self._due else None

    def run(self, until: float) -> None:
        """Do all that is due up to and with `until`, also what that leads to; it is `until` then.

        An action that raises ends the run at its moment; the rest stays on the agenda.
        """
        due = self._due
        while due and due[0][0] <= until:
            self.now, _, action = heapq.heappop(due)
            action()
        self.now = max(self.now, until)
