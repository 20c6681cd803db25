"""What may stand in the TOML file about routes. No behaviour. None as a default: not said here."""

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from understudy.config.values import Seconds
from understudy.operations.kinds import Operation
from understudy.routing.topology import OnBreak, OnLoss, Strategy

Text: TypeAlias = Annotated[str, Meta(min_length=1)]
Attempts: TypeAlias = Annotated[int, Meta(ge=1, le=100)]
Dollars: TypeAlias = Annotated[float, Meta(ge=0)]
Weight: TypeAlias = Annotated[float, Meta(gt=0, le=1_000_000)]
Share: TypeAlias = Annotated[float, Meta(ge=0, le=0.5)]


def about(text: str) -> Meta:
    """Say what a field is about."""
    return Meta(description=text)


class TimeoutsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long an attempt may show nothing before the next target takes over."""

    connect: Annotated[Seconds | None, about("To connect, TLS included.")] = None
    first_token: Annotated[
        Seconds | None,
        about("Until the first content of a stream; pings and comments do not count."),
    ] = None
    idle: Annotated[Seconds | None, about("Between two pieces of content of a stream.")] = None
    answer: Annotated[
        Seconds | None,
        about("For a whole answer (not streamed), which shows nothing until it is complete."),
    ] = None
    adaptive: Annotated[
        bool | None,
        about(
            "Whether the limit on the first token falls to 3 times the 95th percentile "
            "seen at the target (at least 1 s) while another target is free."
        ),
    ] = None


class PolicyTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which targets may be used at all, on every attempt, whatever is down."""

    require: Annotated[
        dict[str, str | list[str]],
        about("Label to the values allowed; a target without the label is not allowed."),
    ] = {}
    max_price_output: Annotated[
        Dollars | None, about("Most dollars for a million tokens written; unknown prices pass.")
    ] = None
    refusal_fails_over: Annotated[
        bool | None,
        about("Whether a refusal on content is tried elsewhere. It is an answer, not an outage."),
    ] = None


class WeightedTarget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A target with its share of the traffic under `strategy = "weighted"`."""

    target: Annotated[Text, about('"provider/model".')]
    weight: Annotated[Weight, about("Its share, relative to the others.")] = 1.0


class RouteOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a route does.

    Under `[defaults]` it holds for every route that does not say otherwise.
    """

    strategy: Annotated[
        Strategy | None,
        about("`ordered`: the first target that is well; `weighted`: by weight among those."),
    ] = None
    deadline: Annotated[
        Seconds | None, about("For the whole request, all attempts and waits together.")
    ] = None
    max_attempts: Annotated[
        Attempts | None, about("Attempts for one request, the first included.")
    ] = None
    on_break: Annotated[
        OnBreak | None,
        about(
            "When an answer breaks after its first byte: `error` (say so, in the "
            "client's dialect), `restart` (answer anew if the client has seen nothing) "
            "or `resume` (let another target go on with plain text; the receipt names "
            "the seam)."
        ),
    ] = None
    on_loss: Annotated[
        OnLoss | None,
        about(
            "When a target cannot carry all of a request: `reject` it, send it and "
            "`warn` in the receipt, or `allow`."
        ),
    ] = None
    record: Annotated[
        bool | None,
        about("Whether bodies are kept in the journal, redacted first. Otherwise only facts are."),
    ] = None
    hedge: Annotated[
        bool | None,
        about(
            "Whether a second target is asked when a stream's first token is later than it usually "
            "is (the target's own 95th percentile). Whoever speaks first answers, the other is "
            "cancelled. At most 2 % of requests and 1 % of spend; off unless set."
        ),
    ] = None
    standby: Annotated[
        Share | None,
        about(
            "The share of requests that goes to the second target although the first works, so "
            "that its key, quota and caches are known to work: 0.02 to 0.05 is usual. The next "
            'target at another host takes them, where there is one. With `strategy = "ordered"` '
            "only; off unless set."
        ),
    ] = None
    timeouts: Annotated[TimeoutsTable, about("Limits of one attempt.")] = TimeoutsTable()
    policy: Annotated[PolicyTable, about("Which targets may be used.")] = PolicyTable()


class RouteTable(RouteOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A route: what applications ask for as `model`, and who may answer."""

    operation: Annotated[
        Operation | None,
        about(
            "What it is for: `chat`, `embeddings`, `rerank`, `moderation`, `images`, "
            "`transcription`, `speech`, `files` or `realtime`. Left out: what the catalogue says "
            "that the first target's model does."
        ),
    ] = None

    targets: Annotated[
        list[WeightedTarget],
        about(
            'Who may answer, in order of preference: `"provider/model"`, or `{ target ='
            ' "provider/model", weight = 2 }`. With several keys every key takes part; '
            '`"provider/model#2"` is the second alone.'
        ),
    ]
