"""Scarcity: whose limit it is that was hit, or whether there is too little of the host itself.

A 429 is the account's. It may be one model's in it, or that model's altogether, or no limit at all:
an overloaded host answers so too. What the host says of its limits (`Failure.supply`) decides where
it says anything; see docs/routing.md, "Limits".
"""

from typing import Final

from understudy.chat.failure import Scope
from understudy.routing import cooldown
from understudy.routing.breaker import State
from understudy.routing.case import WITHIN, Case
from understudy.routing.evidence import FORGOTTEN, Family
from understudy.routing.topology import Domain
from understudy.routing.verdict import Verdict

LIMITED_MODEL: Final = "blast.limited_model"

BESIDE: Final = 5.0
"""Seconds that what worked beside it speaks against a limit of the whole account."""


class Scarcity(Case):
    """A `Case` of a limit."""

    def limited(self) -> Verdict | None:
        """Return whose limit it is, None where it is the account's, as the row says."""
        supply = self._failure.supply
        if supply is not None and supply.spent and cooldown.is_limit(self._failure):
            return self._spent(supply.spent)
        is_ample = supply is not None and supply.is_ample
        if not is_ample and not cooldown.is_unexplained(self._failure):
            return self._limited_alone()
        narrow = self._limited_model()
        return narrow or self._crowded(is_ample=is_ample) or self._limited_alone()

    def _spent(self, what: str) -> Verdict | None:
        """The host says itself that this account has used up what it may have of this model."""
        own = self._lattice.own(self._seat.name)
        if own is None:
            return None
        words = f"its host says that no {what} are left"
        return Verdict(own.kind, "blast.used_up", words, among=(own,))

    def _crowded(self, *, is_ample: bool) -> Verdict | None:
        """Limits that nobody explains: the host is overloaded.

        Where it says itself that half or more is left, two that it refuses are enough; else it
        takes every account.
        """
        every = self._lattice.members(self._host, Scope.ACCOUNT)
        limited, kind = self._unexplained(Scope.ACCOUNT), Scope.ACCOUNT
        if is_ample:
            kinds = (Scope.ACCOUNT, Scope.KEY, Scope.MODEL)
            kind = next((each for each in kinds if len(self._unexplained(each)) > 1), kind)
            limited = self._unexplained(kind)
        if len(limited) < 2 or (len(limited) < len(every) and not is_ample):
            return None
        seconds = f"in {self._now - self._first(limited):.0f} s"
        if is_ample:
            words = f"{len(limited)} of its {kind.value}s refused with 429 {seconds}, "
            words += "though it says that half of what they may have is left"
        else:
            words = f"{len(limited)} of {len(every)} accounts refused with 429 "
            words += f"without a hint {seconds}"
        whose = Scope.MODEL if self._is_one_model() else Scope.HOST
        freed = (*limited, *self._resting(self._seat.domain(whose)))
        return Verdict(whose, "corr.rate_wave", words, is_wave=True, absolved=freed, among=limited)

    def _unexplained(self, kind: Scope) -> tuple[Domain, ...]:
        """What of the host was refused so lately, and since the host last worked."""
        since = max(self._now - WITHIN, self._breakers[self._host].last_success)
        members = self._lattice.members(self._host, kind)
        return self._evidence.failing(Family.UNEXPLAINED, members, since, self._now)

    def _resting(self, blamed: Domain | None) -> list[Domain]:
        """What of the host but `blamed` does no more than rest for a limit."""
        kinds = (Scope.TARGET, Scope.MODEL)
        limited = [each for kind in kinds for each in self._failing(self._host, kind, WITHIN)]
        state = {each: self._breakers[each].state(self._now) for each in limited}
        return [each for each in limited if state[each] is State.CLOSED and each != blamed]

    def _is_one_model(self) -> bool:
        """Whether only one of several models of the host is limited, in whichever region."""
        model = self._seat.domain(Scope.MODEL)
        if model is None:
            return False
        others = self._lattice.members(self._host, Scope.MODEL) - self._lattice.twins(model)
        touched = self._evidence.touched(self._family, others, self._now - WITHIN)
        return bool(others) and not touched

    def _limited_model(self) -> Verdict | None:
        """Only one model is limited, again and again, on every account that it is reached by."""
        model, account = self._seat.domain(Scope.MODEL), self._seat.domain(Scope.ACCOUNT)
        trouble = None if model is None else self._evidence.of(self._family, model)
        if model is None or account is None or trouble is None:
            return None
        beside = self._lattice.members(account, Scope.MODEL)
        reached = self._lattice.members(model, Scope.ACCOUNT)
        since = max(trouble.since, self._now - FORGOTTEN)
        twins = self._lattice.twins(model)
        if self._evidence.total(self._family, twins & beside) < 2:
            return None
        touched = self._evidence.touched(self._family, beside | reached, since)
        if not reached <= touched or not touched & beside <= twins:
            return None
        if not self._worked_since(beside - twins, trouble.since):
            return None
        words = f"it alone is limited, other models of {account} work"
        return Verdict(Scope.MODEL, LIMITED_MODEL, words, among=(model, account))

    def _limited_alone(self) -> Verdict | None:
        """Only this model is limited through this account: another works there just now."""
        own, account = self._lattice.own(self._seat.name), self._seat.domain(Scope.ACCOUNT)
        if own is None or account is None:
            return None
        beside = self._lattice.neighbours(self._seat, Scope.ACCOUNT)
        working = self._worked_since(beside, self._now - BESIDE)
        if not working or self._evidence.failing(
            self._family, beside, self._now - WITHIN, self._now
        ):
            return None
        words = f"it alone is limited, another model of {account} works"
        return Verdict(own.kind, "blast.limited_target", words, among=(own, *working))
