"""Topology: targets, their failure domains, routes over them. Immutable, swapped whole on reload.

How domains are named is the configuration's business; the router only asks whether two targets
share one. What it expects, so that a failure takes down no more than it must:

| kind    | one for                               | name                                        |
| ------- | ------------------------------------- | ------------------------------------------- |
| key     | each secret                           | provider and number, never the secret       |
| account | whoever is billed and limited         | the account, or the provider                |
| model   | a model *at one host and region*      | `host/region/model`: elsewhere it may work  |
| region  | a region *of one host*                | `host/region`                               |
| host    | whoever runs the machines             | the host, in all its regions                |
| lab     | whoever made the model                | the lab; across hosts, so rarely charged    |
| edge    | the network in front                  | the CDN                                     |
"""

import enum

import msgspec

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.failure import Scope
from understudy.operations.embeddings import Space
from understudy.operations.kinds import Operation
from understudy.providers.price import Price
from understudy.providers.supply import Gauge
from understudy.wire.http import Origin


class Domain(msgspec.Struct, frozen=True, order=True):
    """Something that fails as one: `kind` is what (a lab, a key ...), `name` which."""

    kind: Scope
    name: str

    def __str__(self) -> str:  # type: ignore[explicit-override]  # typing has it from 3.12 on
        return f"{self.kind.value}:{self.name}"


class Growth(msgspec.Struct, frozen=True):
    """How fast an account's traffic may grow: to `factor` times what it was `window` seconds ago,
    in tokens a minute; up to `above` at will.
    """

    factor: float
    window: float
    above: float


class Target(msgspec.Struct, frozen=True):
    """One model, at one host, through one key.

    `name` is "provider/model" (with "#n" for the n-th key, n > 1). `taxonomy` is whose rows of the
    failure taxonomy apply. `domains` are all failure domains that it stands in, at most one for
    each kind. `labels` are what policy may filter on (`region`, `residency`, `lab`, `data_class`
    ...); the label `model` says what the model is called whoever serves it (else `endpoint.model`).
    `context_window` is in tokens, None when it is not known. `space` is that of its vectors, where
    it makes any, and `batch` the inputs that it takes in one request. `connect` is how many seconds
    it may take to connect, where that is not the route's business: what answers has to start first.
    `gauge` reads what its host says of its limits.
    """

    name: str
    provider: str
    taxonomy: str
    origin: Origin
    endpoint: Endpoint
    domains: tuple[Domain, ...]
    context_window: int | None = None
    max_output_tokens: int | None = None
    price: Price = Price()
    labels: dict[str, str] = {}
    verify_tls: bool = True
    growth: Growth | None = None
    space: Space | None = None
    batch: int | None = None
    connect: float | None = None
    gauge: Gauge | None = None

    @property
    def capabilities(self) -> frozenset[Capability]:
        return self.endpoint.capabilities


class OnBreak(enum.Enum):
    """What to do when an answer breaks after its first byte was sent."""

    ERROR = "error"
    RESTART = "restart"
    RESUME = "resume"


class OnLoss(enum.Enum):
    """What to do when a target cannot carry all of a request."""

    REJECT = "reject"
    WARN = "warn"
    ALLOW = "allow"


class Strategy(enum.Enum):
    ORDERED = "ordered"
    WEIGHTED = "weighted"


class Timeouts(msgspec.Struct, frozen=True):
    """Seconds. `first_token` and `idle` count content only; pings and comments do not reset them.

    With `is_adaptive`, the limit on the first token falls to 3 x the observed p95 of the target
    (never below 1 s, never above `first_token`) while another target is free to take over.
    `answer` bounds a whole (not streamed) answer, which shows nothing until it is complete.
    """

    connect: float = 3.0
    first_token: float = 30.0
    idle: float = 20.0
    answer: float = 180.0
    is_adaptive: bool = True


class Policy(msgspec.Struct, frozen=True):
    """Which targets a route may use at all: filters before ranking, on every hop, in panic too.

    `require` maps a label to the values allowed; a target without the label is not allowed.
    """

    require: dict[str, tuple[str, ...]] = {}
    max_price_output: float | None = None
    refusal_fails_over: bool = False


class Route(msgspec.Struct, frozen=True):
    """What applications ask for as `model`. `targets` are names, in order of preference.

    `weights` are the shares of targets, by name, where the strategy goes by weight; 1 where none
    is named. With `hedge`, a second target is asked where the first is late with its first token.
    `standby` is the share of requests that the second target gets although the first works.
    All targets offer the route's `operation`, and all vectors are of one space. `batch` is how many
    inputs every one of them takes in one request. `parent` is the route that this one is a part of:
    to one owner of files.
    """

    name: str
    targets: tuple[str, ...]
    strategy: Strategy = Strategy.ORDERED
    weights: dict[str, float] = {}
    deadline: float = 600.0
    max_attempts: int = 6
    on_break: OnBreak = OnBreak.ERROR
    on_loss: OnLoss = OnLoss.WARN
    timeouts: Timeouts = Timeouts()
    policy: Policy = Policy()
    record: bool = False
    hedge: bool = False
    standby: float = 0.0
    operation: Operation = Operation.CHAT
    batch: int | None = None
    parent: str | None = None


class Topology(msgspec.Struct, frozen=True):
    targets: dict[str, Target]
    routes: dict[str, Route]
