"""What day it is, where the machine's clock may be wrong. Decides nothing but what is too old.

A clock that leaps ahead (a bad time server, an empty battery) would make a whole journal too old
at once. So a leap is believed only when the clock has kept to it for as long as a leap may be.
"""


class Calendar:
    """`wall` is Unix seconds and may leap, `now` is monotonic; `patience` is seconds.

    Begun with the moment of the newest entry there is: then a clock that was set wrong while
    nothing ran is not believed at once either.
    """

    def __init__(self, wall: float, now: float, patience: float) -> None:
        self._patience = patience
        self._offset = wall - now
        self._claim: tuple[float, float] | None = None

    def read(self, wall: float, now: float) -> float:
        """Return the wall clock's time, or while it is not believed what it would be without the
        leap. A leap back is believed at once: nothing is too old by it.
        """
        offset = wall - now
        if offset <= self._offset + self._patience or self._is_settled(offset, now):
            self._offset = offset
            self._claim = None
        return self._offset + now

    def _is_settled(self, offset: float, now: float) -> bool:
        """Whether the clock has said the same, more or less, for long enough."""
        if self._claim is None or abs(offset - self._claim[0]) > self._patience:
            self._claim = (offset, now)
        return now - self._claim[1] >= self._patience
