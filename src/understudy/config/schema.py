"""What may stand in the TOML file: its tables, their fields, a sentence on each. No behaviour.

The tables of routes are in `schema_route`.
`docs/configuration.md` is generated from here. None as a default means: not said here.
"""

from types import MappingProxyType
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from understudy.chat.endpoint import Capability
from understudy.config.conversations import ConversationsTable
from understudy.config.limits import LimitsTable
from understudy.config.media import MediaTable
from understudy.config.schema_engine import EngineTable
from understudy.config.schema_login import LoginTable
from understudy.config.schema_price import PriceTable
from understudy.config.schema_route import (
    RouteOptions,
    RouteTable,
    Text,
    WeightedTarget,
    about,
)
from understudy.config.values import (
    Address,
    Admin,
    BaseUrl,
    ByteCount,
    DigestText,
    NeutralPath,
    Pattern,
    Seconds,
    SecretSource,
)
from understudy.operations.kinds import Operation
from understudy.providers.facts import Accepted

Tokens: TypeAlias = Annotated[int, Meta(ge=1)]
IdLength: TypeAlias = Annotated[int, Meta(ge=1, le=32)]
Percent: TypeAlias = Annotated[float, Meta(gt=0, le=10_000)]


class ServerTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where Understudy listens, and the limits of what it accepts."""

    listen: Annotated[
        Address,
        about(
            "Address and port for applications. Without any key under `[keys]` only a "
            "loopback address is accepted, because whoever can connect spends your "
            "money."
        ),
    ] = Address("127.0.0.1", 8080)
    admin: Annotated[
        Admin,
        about(
            "Address and port of `/healthz`, `/readyz`, `/metrics` and `/admin/...`; to look asks "
            'for no key. `"off"` for none.'
        ),
    ] = Admin(Address("127.0.0.1", 9090))
    admin_key: Annotated[
        SecretSource | None,
        about(
            "Where the key is that changes through the admin listener (`understudy drain`) must "
            "send, `env:NAME` or `file:PATH`; at least 16 characters. Left out: only programs of "
            "this machine may change anything."
        ),
    ] = None
    max_body_bytes: Annotated[
        ByteCount,
        about("Largest request body; a larger one is refused with 413 before it is read."),
    ] = ByteCount(32 * 2**20)
    max_connections: Annotated[
        int,
        Meta(ge=1, le=1000000, description="Client connections at once; further ones are refused."),
    ] = 10_000
    header_timeout: Annotated[
        Seconds, about("How long a client may take over the head of its request.")
    ] = Seconds(15)
    idle_timeout: Annotated[
        Seconds,
        about("How long a kept-alive client connection may stay unused before it is closed."),
    ] = Seconds(75)
    drain: Annotated[
        Seconds, about("How long requests in flight may go on after SIGTERM before they are cut.")
    ] = Seconds(30)
    log_format: Annotated[
        Literal["text", "json"],
        about('`"text"` for people, `"json"` for machines: one object a line on stderr.'),
    ] = "text"


class JournalTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The record of every request and attempt, in SQLite."""

    enabled: Annotated[bool, about("Whether anything is recorded at all.")] = True
    path: Annotated[
        Text | None,
        about(
            "The database file. Left out: `understudy/journal.db` under "
            "`$XDG_STATE_HOME` (`~/.local/state`)."
        ),
    ] = None
    max_age: Annotated[Seconds, about("Entries older than this are deleted.")] = Seconds(
        30 * 86_400
    )
    max_bytes: Annotated[
        ByteCount, about("Size of the database beyond which the oldest entries are deleted.")
    ] = ByteCount(2**30)
    redact: Annotated[
        list[Pattern],
        about(
            "Regular expressions; what they match is struck out of recorded bodies "
            "before they are written, beyond what is struck out always (keys, tokens)."
        ),
    ] = []


AccessKeyId: TypeAlias = Annotated[
    str, Meta(min_length=16, max_length=128, pattern="^[A-Za-z0-9]*$")
]
"""As AWS has them: what its SDKs refuse to send would be of no use."""


class KeyTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A caller's key: what an application sends as its API key. Exactly one of `hash` and `key`."""

    hash: Annotated[
        DigestText | None,
        about("The key's SHA-256, as `understudy keygen` prints it; the key is not here."),
    ] = None
    key: Annotated[
        SecretSource | None,
        about(
            "Where the key itself is, `env:NAME` or `file:PATH`; at least 16 "
            "characters. Only its hash is kept in memory, unless `aws_access_key_id` is set."
        ),
    ] = None
    aws_access_key_id: Annotated[
        AccessKeyId | None,
        about(
            "For applications that sign their requests as AWS SDKs do (boto3): the access key id "
            "they are given, made up by you. `key` is then the secret access key; the same key is "
            "accepted as a bearer token, too."
        ),
    ] = None
    routes: Annotated[
        list[str] | None, about("The routes that this caller may use; left out: all of them.")
    ] = None
    limits: Annotated[LimitsTable, about("What it may use, over `[limits]`.")] = LimitsTable()


class ProviderKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of several keys of a provider."""

    key: Annotated[SecretSource, about("Where the key is: `env:NAME` or `file:PATH`.")]
    account: Annotated[
        Text | None,
        about(
            "The quota pool (organisation, project, workspace) whose limits this key "
            "shares. Left out: the provider's `account`. Another key helps against a "
            "rate limit only if its account is another one."
        ),
    ] = None


class ModelTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is true of one model at one provider. Each field overrides the catalogue's."""

    upstream: Annotated[
        Text | None,
        about(
            "The provider's own name for it (a deployment, say), where it is not the "
            "name of this table."
        ),
    ] = None
    lab: Annotated[Text | None, about("Who made the model: its failure domain `lab`.")] = None
    context_window: Annotated[Tokens | None, about("Tokens of request and answer together.")] = None
    max_output_tokens: Annotated[
        Tokens | None,
        about(
            "Most tokens in an answer; sent where the dialect demands a limit and the "
            "caller gave none."
        ),
    ] = None
    capabilities: Annotated[
        list[Capability] | None,
        about("All that it can do; a request that needs more is not sent to it."),
    ] = None
    price: Annotated[PriceTable, about("What it costs.")] = PriceTable()
    rejects: Annotated[
        list[NeutralPath] | None,
        about(
            "Parameters that it refuses, as neutral paths (`sampling.temperature`): "
            "left out of its requests, and said to be lost."
        ),
    ] = None
    accepts: Annotated[
        list[Accepted] | None,
        about("What it takes beyond its dialect's standard; over the provider's `accepts`."),
    ] = None
    renames: Annotated[
        dict[str, str] | None, about("Fields of the dialect that this host spells differently.")
    ] = None
    tool_id_length: Annotated[IdLength | None, about("Over the provider's `tool_id_length`.")] = (
        None
    )
    space: Annotated[
        Text | None,
        about(
            "The space of its vectors, as a name of your own: targets of one route must be in one "
            "space. Left out: as the catalogue says, else one that nobody shares."
        ),
    ] = None
    dimension: Annotated[
        Tokens | None, about("How long its vectors are; an answer of another length is a failure.")
    ] = None
    labels: Annotated[
        dict[str, str], about("Labels for `policy.require`, over the provider's.")
    ] = {}
    workflows: Annotated[
        dict[Literal["draw", "edit"], Text],
        about(
            "Workflows of your own for ComfyUI, as files in its API's format: `draw` makes "
            "pictures from words, `edit` changes one. What is asked goes into their places: "
            "`%prompt%` ..."
        ),
    ] = {}


class RampTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How fast a provider's traffic may grow. What grows faster goes to the next target."""

    percent: Annotated[
        Percent, about("How much more an account may be sent in a minute than `over` ago.")
    ] = 50.0
    over: Annotated[Seconds, about("The time that this growth takes.")] = Seconds(15 * 60)
    above: Annotated[
        Tokens,
        about("Tokens a minute up to which it may grow at will, counted as bytes of prompt / 3."),
    ] = 1_000_000


class OperationTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a provider offers an operation besides chat."""

    dialect: Annotated[Text, about("The API that it speaks for it: `openai_embeddings` ...")]
    path: Annotated[Text, about("The path of such requests, behind that of `base_url`.")]
    batch: Annotated[Tokens | None, about("Most inputs in one request.")] = None
    capabilities: Annotated[list[Capability] | None, about("All that it can do of it.")] = None
    accepts: Annotated[
        list[str] | None, about("What it takes beyond its dialect's standard (`task.purpose`).")
    ] = None
    renames: Annotated[
        dict[str, str] | None, about("Fields of the dialect that it spells differently.")
    ] = None


class ProviderTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A host of models, with your key. Most facts come from the catalogue through `kind`."""

    kind: Annotated[
        Text | None,
        about(
            "The catalogue's name for it; left out: the name of this table. `openai-"
            "compatible` for anything that is not in the catalogue."
        ),
    ] = None
    base_url: Annotated[
        BaseUrl | None,
        about("Its address with the path before the dialect's own, as its SDK takes it."),
    ] = None
    model_file: Annotated[
        Text | None,
        about(
            'A GGUF file that understudy serves itself, with kind = "local"; relative paths start '
            "at this file's folder."
        ),
    ] = None
    engine: Annotated[EngineTable, about("What serves `model_file`.")] = EngineTable()
    key: Annotated[
        SecretSource | None,
        about("Where your key is: `env:NAME` or `file:PATH`. Never the key itself."),
    ] = None
    keys: Annotated[
        list[ProviderKey], about("Several keys, as sources or tables; instead of `key`.")
    ] = []
    auth: Annotated[
        Literal[
            "bearer", "x-api-key", "api-key", "x-goog-api-key", "aws", "entra", "google", "none"
        ]
        | None,
        about(
            "How the key is sent: `bearer`, `x-api-key`, `api-key` or `none`. `aws`, `entra`, "
            "`google`: there is no key, but a credential of that cloud, which is fetched and "
            "renewed (see `login`)."
        ),
    ] = None
    login: Annotated[
        LoginTable, about("Who we are to the cloud that `auth` names, if not who its SDK finds.")
    ] = LoginTable()
    region: Annotated[
        Text | None,
        about("Its region: a failure domain, a label, and part of what a cloud is asked by."),
    ] = None
    project: Annotated[Text | None, about("The cloud project that its address names.")] = None
    api_version: Annotated[
        Text | None,
        about("The dated API of a host that has deployments: their paths, with this version."),
    ] = None
    account: Annotated[
        Text | None,
        about(
            "Who is billed and limited: a failure domain. Left out: the provider's "
            "name. Two providers with one account fail together."
        ),
    ] = None
    lab: Annotated[Text | None, about("Who made its models: a failure domain.")] = None
    host: Annotated[Text | None, about("Who runs its machines: a failure domain.")] = None
    edge: Annotated[Text | None, about("The network in front of it (a CDN): a failure domain.")] = (
        None
    )
    dialect: Annotated[
        Text | None,
        about("The API that it is asked in, where not its kind's: `openai_responses`, say."),
    ] = None
    accepts: Annotated[
        list[Accepted] | None,
        about(
            "All that it takes beyond its dialect's standard; anything else beyond the standard "
            "is left out of its requests, and said to be lost. `cache`: marks where to cache a "
            "prompt; `reasoning`, `thinking`: an object that says how to think; `documents.url`: "
            "documents by address; `prefix`: continues a last assistant message marked as such "
            "(a model that does needs the capability `prefill` too)."
        ),
    ] = None
    tool_id_length: Annotated[
        IdLength | None,
        about(
            "Ids of tool calls must be that many letters and digits: others are replaced in its "
            "requests."
        ),
    ] = None
    headers: Annotated[
        dict[str, str], about("Header fields for each request to it, never credentials.")
    ] = {}
    operations: Annotated[
        dict[Operation, OperationTable], about("What it offers besides chat, over the catalogue.")
    ] = {}
    labels: Annotated[
        dict[str, str],
        about(
            "Labels for `policy.require`. `provider`, `lab`, `host` and `region` are "
            "set without being asked for."
        ),
    ] = {}
    verify_tls: Annotated[
        bool, about("Whether its certificate is checked. Turn it off for tests only.")
    ] = True
    ramp: Annotated[
        RampTable | None,
        about(
            "How fast its traffic may grow, where it refuses (429) or slows what grows faster; off "
            "unless set. An empty table has usual figures."
        ),
    ] = None
    models: Annotated[dict[str, ModelTable], about("Facts about its models, by name.")] = {}


SHORTHAND: MappingProxyType[type, str] = MappingProxyType(
    {ProviderKey: "key", WeightedTarget: "target"}
)
"""Tables that may be written as one text: the field that it then is."""


class FileTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    server: ServerTable = ServerTable()
    journal: JournalTable = JournalTable()
    conversations: ConversationsTable = ConversationsTable()
    media: MediaTable = MediaTable()
    limits: LimitsTable = LimitsTable()
    keys: dict[str, KeyTable] = {}
    providers: dict[str, ProviderTable] = {}
    defaults: RouteOptions = RouteOptions()
    routes: dict[str, RouteTable] = {}
