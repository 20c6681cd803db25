"""Failure: what was seen (`Signal`), and what it means (`Failure`). Values, never exceptions."""

import enum

import msgspec


class Surface(enum.Enum):
    """Where it showed (the taxonomy's word)."""

    HTTP = "http"
    STREAM = "stream"
    SEMANTIC = "semantic"
    TRANSPORT = "transport"
    GATEWAY = "gateway"


class Signal(msgspec.Struct, frozen=True):
    """A failure as a dialect or the shell saw it, in the taxonomy's normalised fields."""

    surface: Surface
    status: int | None = None
    code: str | None = None
    type: str | None = None
    message: str = ""
    event: str | None = None
    finish: str | None = None
    flag: str | None = None
    retry_after: float | None = None
    should_retry: bool | None = None


class Fault(enum.Enum):
    """Who must change something."""

    CLIENT = "client"
    UPSTREAM = "upstream"
    GATEWAY = "gateway"


class Progress(enum.Enum):
    """What a retry would repeat."""

    NOT_SENT = "not_sent"
    SENT = "sent"
    STREAMING = "streaming"


class Scope(enum.Enum):
    """What is charged: the kind of failure domain, or nobody (`counts_against` of the taxonomy).

    No row of the taxonomy charges a TARGET (one model through one key); only routing does, where
    it finds that neither the model nor the key is to blame.
    """

    NONE = "none"
    TARGET = "target"
    KEY = "key"
    ACCOUNT = "account"
    MODEL = "model"
    REGION = "region"
    HOST = "host"
    LAB = "lab"
    EDGE = "edge"


class Reaction(enum.Enum):
    """What may be done next, in the taxonomy's words."""

    RETRY_SAME = "retry_same"
    NEXT_KEY = "next_key"
    NEXT_ACCOUNT = "next_account"
    NEXT_REGION = "next_region"
    OTHER_HOST = "other_host"
    OTHER_MODEL = "other_model"
    RESUME = "resume"
    FIX_REQUEST = "fix_request"
    REFRESH_CREDENTIAL = "refresh_credential"
    PASS_THROUGH = "pass_through"  # noqa: S105 - the taxonomy's word, no secret
    GIVE_UP = "give_up"
    ACCEPT = "accept"


class Supply(msgspec.Struct, frozen=True):
    """What a host says is left. `spent`: of what nothing is left, in a word, "" for nothing.

    `wait` is how many seconds it takes until there is more, None where it does not say.
    `is_ample`: of everything that it tells of, half or more is left.
    """

    spent: str = ""
    wait: float | None = None
    is_ample: bool = False


TOO_LONG = frozenset({"context_length_exceeded", "prompt_too_long", "context", "context_window"})
"""Causes in the taxonomy's ids that mean: the prompt does not fit the model's window."""


class Quota(msgspec.Struct, frozen=True):
    """A limit by the minute that a caller is over: `limit` of `kind` ("requests", "tokens"),
    `resets` in so many seconds, which is at `at` (Unix seconds).
    """

    kind: str
    limit: int
    remaining: int
    resets: float
    at: float


class Failure(msgspec.Struct, frozen=True):
    """What a signal means. `kind` is the taxonomy row that said so; times are seconds.

    `domain` is what is broken in the taxonomy's words; `charge` is whose breaker moves.
    `reactions` are in order: the first that has an eligible target and fits the budget is taken.
    `supply` is what its answer said is left. `request_id` is our own name for the request, for
    dialects that say it in errors, `quota` a limit of ours, for those with header fields for it.
    """

    kind: str
    fault: Fault
    domain: str
    charge: Scope
    progress: Progress
    message: str
    permanence: str = "transient"
    reactions: tuple[Reaction, ...] = ()
    after_first_token: Reaction | None = None
    status: int | None = None
    code: str | None = None
    type: str | None = None
    retry_after: float | None = None
    cooldown: float = 0.0
    request_id: str | None = None
    quota: Quota | None = None
    supply: Supply | None = None

    @property
    def cause(self) -> str:
        """The last word of a taxonomy row's id ("provider.status-or-event.cause")."""
        return self.kind.rpartition(".")[2]

    @property
    def is_too_long(self) -> bool:
        """Whether the prompt did not fit the model's window."""
        return self.code == "context_length_exceeded" or self.cause in TOO_LONG
