"""What the taxonomy demands, said a second time and simply: who is next, who pays, how long.

Written from the taxonomy's own semantics, not from `routing`: where the two disagree a test fails.
"""

import itertools

from understudy.chat.failure import Reaction, Scope
from understudy.providers.taxonomy import Row

PRIMARY = "a/m"
KEY, ACCOUNT, REGION, HOST, MODEL = "a/m#2", "a/m#3", "a/m#4", "b/m", "c/n"
OTHERS = (KEY, ACCOUNT, REGION, HOST, MODEL)
FITS = {
    Reaction.NEXT_KEY: (KEY, ACCOUNT),  # another account has another key
    Reaction.NEXT_ACCOUNT: (ACCOUNT,),
    Reaction.NEXT_REGION: (REGION,),
    Reaction.OTHER_HOST: (HOST,),
    Reaction.OTHER_MODEL: (MODEL,),
}
SHARE = {
    Scope.KEY: {REGION},
    Scope.ACCOUNT: {KEY, REGION},
    Scope.MODEL: {KEY, ACCOUNT},
    Scope.HOST: {KEY, ACCOUNT, REGION},
}
"""Who stands in the same domain as the primary."""

REFUSALS = frozenset({"azure.400.content_filter"})
"""Rows that name another host first, but only "if policy allows it" (the row's note)."""

_ENDS = {Reaction.PASS_THROUGH, Reaction.GIVE_UP, Reaction.ACCEPT}
_LONGEST_WAIT = 30.0


def charge(row: Row) -> Scope:
    return Scope(row.counts_against)


def is_lasting(row: Row) -> bool:
    return row.permanence in {"until_human", "permanent"}


def open_for(row: Row) -> float:
    """Seconds that one such failure puts its domain away."""
    return min(row.cooldown_s, 86_400.0) if is_lasting(row) else 0.0


def rests_for(row: Row, hint: float | None) -> float:
    """Seconds that its domain rests: what the provider said, or the row's where a quota ran out."""
    is_wide = charge(row) is Scope.HOST
    if charge(row) is Scope.NONE or is_lasting(row):
        return 0.0
    if hint is not None:
        return min(hint, 60.0) if is_wide else hint
    is_limit = row.permanence == "until_reset" or row.example.status == 429
    return row.cooldown_s if is_limit and not is_wide else 0.0


def is_refusal(row: Row) -> bool:
    """Whether the provider refused the content: an answer, unless the route says otherwise."""
    is_passed_on = row.reaction[0] == "pass_through" and len(row.reaction) > 1
    return row.domain == "request" and (is_passed_on or row.id in REFUSALS)


def moves(row: Row, *, refusals_move: bool = False) -> list[Reaction]:
    """The reactions that are attempts, in order, up to one that ends the matter."""
    words = [Reaction(word) for word in row.reaction]
    if is_refusal(row):
        words = [w for w in words if w is not Reaction.PASS_THROUGH] if refusals_move else []
    before = itertools.takewhile(lambda word: word not in _ENDS, words)
    return [word for word in before if word in FITS or word is Reaction.RETRY_SAME]


def next_target(
    row: Row,
    present: set[str],
    *,
    hint: float | None = None,
    committed: bool = False,
    refusals_move: bool = False,
) -> str | None:
    """Who gets the next attempt among those `present`; None when nobody does."""
    asked = moves(row, refusals_move=refusals_move)
    if committed and not _may_resume(row, asked):
        return None
    away = open_for(row) > 0 or rests_for(row, hint) > 0
    shut = SHARE.get(charge(row), set()) if away else set()
    found = _first(asked, present - shut)
    if found is not None or committed:
        return found
    again = Reaction.RETRY_SAME in asked and not away and (hint or 0.0) < _LONGEST_WAIT - 1
    left = [name for name in OTHERS if name in present - shut]
    is_callers = charge(row) is Scope.NONE and row.domain in {"request", "client"}
    if left and asked and not again and not is_callers:
        return left[0]  # nobody stands apart from what failed: whoever is left is better than none
    if hint is None and away and _first(asked, present & shut) is not None:
        return _first(asked, present & shut)
    waits = max(open_for(row), rests_for(row, hint), hint or 0.0)
    return PRIMARY if Reaction.RETRY_SAME in asked and waits < _LONGEST_WAIT - 1 else None


def _may_resume(row: Row, asked: list[Reaction]) -> bool:
    if row.after_first_token is not None:
        return row.after_first_token == "resume"
    return any(move is not Reaction.RETRY_SAME for move in asked)


def _first(asked: list[Reaction], free: set[str]) -> str | None:
    for move in asked:
        for name in FITS.get(move, ()):
            if name in free:
                return name
    if Reaction.OTHER_HOST in asked:  # nobody has the same model: another will have to do
        return next((name for name in (HOST, MODEL) if name in free), None)
    return None
