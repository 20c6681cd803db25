"""Entries of the journal: one for each request, with its attempts inside, and one for each change
that people made to what is running. Values only.
"""

import msgspec

from understudy.chat.usage import Usage


class AttemptEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One try at one target. Times are seconds since the request began; None: it never happened.

    `outcome` is "ok", "abandoned" (nobody's fault), "outrun" (a rival that began later was sooner),
    or the failure's taxonomy row. `is_hedge`: it was made beside another that was late.
    `is_standby`: the route's standby took it, although the first target worked.
    `charge` is the kind of domain that the row charges; `charged` the domain that was, in the end,
    and `rule` what decided that where it was not the row (see `routing.correlation`).
    """

    number: int
    target: str
    started: float
    ended: float
    outcome: str
    connected: float | None = None
    head: float | None = None
    first_content: float | None = None
    status: int | None = None
    charge: str | None = None
    message: str | None = None
    usage: Usage | None = None
    cost_usd: float | None = None
    losses: tuple[str, ...] = ()
    is_hedge: bool = False
    is_standby: bool = False
    charged: str | None = None
    rule: str | None = None


class RequestEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request of a client, from its last byte in to its last byte out.

    `at` is wall-clock time (Unix seconds) when it began, `duration` seconds. `outcome`: "ok",
    "failed" (the client got an error), "cut" (the client got a marked, incomplete answer),
    "client_gone", "rejected" (the client's own mistake). `seam`: the byte of the answer at which it
    was first continued elsewhere; `seams` are all such places. `operation`: what was asked for.
    `request_body` and `response_body` are there only where the route records, redacted already.
    """

    id: str
    at: float
    duration: float
    caller: str
    dialect: str
    route: str
    stream: bool
    outcome: str
    status: int
    attempts: tuple[AttemptEntry, ...] = ()
    target: str | None = None
    failure: str | None = None
    first_content: float | None = None
    usage: Usage | None = None
    cost_usd: float | None = None
    losses: tuple[str, ...] = ()
    seam: int | None = None
    seams: tuple[int, ...] = ()
    request_bytes: int = 0
    response_bytes: int = 0
    request_body: bytes | None = None
    response_body: bytes | None = None
    operation: str = "chat"


class EventEntry(msgspec.Struct, frozen=True):
    """Something that people changed at `at` (Unix seconds). `kind`: "drain", "return", or
    "restored" (a drain that holds over a restart); `about` which domain, `words` what follows.
    """

    at: float
    kind: str
    about: str
    words: str
