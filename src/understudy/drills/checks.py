"""Checks: what a drill can ask of a run. A closed vocabulary; `judge` says how each is measured.

`begin` and `end` are minutes (left out: the whole run), `within` seconds. Patterns are as in
selectors. Each docstring is what people are told of the check.
"""

from typing import TypeAlias

import msgspec

from understudy.drills.selector import Selector


class _Base(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="check"):
    pass


class ClientSuccess(_Base, frozen=True, tag="client_success"):
    """Of the requests that were no mistakes, this share got a whole answer."""

    at_least: float = 0.9999
    route: str = "*"
    stream: bool | None = None
    begin: float | None = None
    end: float | None = None


class NoDuplicates(_Base, frozen=True, tag="no_duplicates"):
    """No client got a token twice."""


class NoMissing(_Base, frozen=True, tag="no_missing"):
    """No client whose answer had begun lost a token of it."""


class RightAnswers(_Base, frozen=True, tag="right_answers"):
    """Of the whole answers, this share says word for word what a well provider says."""

    at_least: float = 1.0
    begin: float | None = None
    end: float | None = None


class Attempts(_Base, frozen=True, tag="attempts_per_request"):
    """Attempts for each request, in the worst stretch between two changes, without its start."""

    at_most: float = 1.10
    after: float = 10.0
    begin: float | None = None
    end: float | None = None


class Share(_Base, frozen=True, tag="share"):
    """The share of answers that came from there."""

    where: Selector
    at_least: float = 0.0
    at_most: float = 1.0
    begin: float | None = None
    end: float | None = None
    route: str = "*"
    stream: bool | None = None


class Moved(_Base, frozen=True, tag="share_moved"):
    """Seconds from minute `at` until new requests no longer go there, but for `at_most`."""

    where: Selector
    at: float
    within: float = 30.0
    at_most: float = 0.05
    route: str = "*"
    stream: bool | None = None


class Back(_Base, frozen=True, tag="share_back"):
    """Seconds from minute `at` until new requests go there again, by this share."""

    where: Selector
    at: float
    within: float = 60.0
    at_least: float = 0.9
    route: str = "*"
    stream: bool | None = None


class Charged(_Base, frozen=True, tag="breaker_charged"):
    """Seconds from minute `at` until a breaker of this kind and name stops calls."""

    kind: str
    name: str = "*"
    at: float = 0.0
    within: float = 60.0


class Uncharged(_Base, frozen=True, tag="breaker_not_charged"):
    """Seconds that breakers of this kind and name were open."""

    kind: str
    name: str = "*"
    begin: float | None = None
    end: float | None = None
    at_most: float = 0.0


class Openings(_Base, frozen=True, tag="no_cooldown_storm"):
    """How often breakers of these kinds stopped calls."""

    kinds: tuple[str, ...] = ("key", "account")
    at_most: int = 0
    begin: float | None = None
    end: float | None = None


class NotRetired(_Base, frozen=True, tag="key_not_retired"):
    """Seconds from minute `at` until all of these keys answer again."""

    where: Selector
    at: float
    within: float = 60.0


class OpenFor(_Base, frozen=True, tag="open_for"):
    """The longest time, in seconds, for which a breaker of this kind and name was put away."""

    kind: str
    name: str = "*"
    at_least: float = 0.0
    at_most: float = 1e9
    begin: float | None = None
    end: float | None = None


class FailedAttempts(_Base, frozen=True, tag="failed_attempts"):
    """How many attempts there failed (at each target, with `each`)."""

    where: Selector
    at_most: int = 0
    each: bool = False
    begin: float | None = None
    end: float | None = None


class Probes(_Base, frozen=True, tag="probes_per_target"):
    """Attempts in any `every` seconds at a target there; the calls of a steady outage."""

    where: Selector
    at_most: float = 1.0
    every: float = 5.0
    begin: float | None = None
    end: float | None = None


class ProbeSpend(_Base, frozen=True, tag="probe_spend"):
    """What attempts there cost, as a share of everything spent in that time."""

    where: Selector
    at_most: float = 0.001
    begin: float | None = None
    end: float | None = None


class FirstToken(_Base, frozen=True, tag="added_first_token"):
    """The median of what is added to the time to the first token, in the usual p95's."""

    at_most: float = 1.5
    begin: float | None = None
    end: float | None = None


class Late(_Base, frozen=True, tag="late"):
    """The share of streams whose first token came more than `by` seconds after the usual time."""

    by: float = 1.0
    at_most: float = 0.02
    begin: float | None = None
    end: float | None = None


class Hedges(_Base, frozen=True, tag="hedges"):
    """How many second targets were asked beside a late first."""

    at_least: int = 0
    at_most: int = 1_000_000_000
    begin: float | None = None
    end: float | None = None


class Losers(_Base, frozen=True, tag="losers_cancelled"):
    """The longest that a race went on after somebody had won it, in seconds."""

    within: float = 1.0


class Resumed(_Base, frozen=True, tag="victims_resumed"):
    """Of the streams that broke in mid-answer, the share that came out whole and exact."""

    at_least: float = 1.0
    begin: float | None = None
    end: float | None = None


class Named(_Base, frozen=True, tag="model_named"):
    """The share of whole answers whose receipt names the target that gave them."""

    at_least: float = 1.0


class PolicyKept(_Base, frozen=True, tag="policy_never_left"):
    """How many attempts of the route went where its policy does not allow any."""

    route: str = "*"


class Mistakes(_Base, frozen=True, tag="mistakes_returned"):
    """The share of callers' mistakes that came back as `status`, read by `extra` more at most."""

    status: int = 400
    extra: int = 1
    at_least: float = 1.0


class ClearErrors(_Base, frozen=True, tag="clear_errors"):
    """The share of the requests without a whole answer that got an error with a name."""

    route: str = "*"
    at_least: float = 1.0


class Spend(_Base, frozen=True, tag="spend_stops"):
    """Tokens that answers from there said."""

    where: Selector
    at_most: int = 0
    begin: float | None = None
    end: float | None = None


class Growth(_Base, frozen=True, tag="growth"):
    """By how much an account's tokens of prompts grew there in `over` minutes, above `above`.

    A provider that limits its customers' growth says 50 % in 15 minutes, above a million a minute;
    a drill is smaller than life. Growth is counted as the gateway counts it (`routing.growth`).
    """

    where: Selector
    at_most: float = 0.5
    over: float = 15.0
    above: float = 1_000_000.0
    begin: float | None = None
    end: float | None = None


Check: TypeAlias = (
    ClientSuccess | NoDuplicates | NoMissing | RightAnswers | Attempts | Share | Moved | Back
    | Charged | Uncharged | Openings | NotRetired | OpenFor | FailedAttempts | Probes | ProbeSpend
    | FirstToken | Late | Hedges | Losers | Resumed | Named | PolicyKept | Mistakes | ClearErrors
    | Spend | Growth
)  # fmt: skip


def name_of(check: Check) -> str:
    """The check's name, as in a file."""
    return str(check.__struct_config__.tag)
