"""What the catalogue's files say: kinds of providers, their models, each fact with its source."""

from typing import Literal, TypeAlias

import msgspec

from understudy.chat.endpoint import Capability, Limits
from understudy.operations.kinds import Operation
from understudy.providers.price import Price
from understudy.providers.supply import SupplyFields

Accepted: TypeAlias = Literal[
    "sampling.top_k",
    "sampling.min_p",
    "sampling.repetition_penalty",
    "cache",
    "reasoning",
    "thinking",
    "reasoning_config",
    "reasoning_effort",
    "documents.url",
    "prefix",
]
"""What a host may take beyond its dialect's standard, as `Endpoint.accepts` has it.

`cache`: marks of where to cache a prompt; `reasoning`, `thinking`: an object that says how to
think, as OpenRouter or DeepSeek has it, or on Bedrock Claude; `reasoning_config` and
`reasoning_effort`: the same as Nova and OpenAI's open models have it there; `documents.url`:
documents by their address; `prefix`: a last assistant message is continued where it says so.
"""


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a fact was read. `date`: the day or month of which it is true, else when it was read.

    Dates are as ISO 8601 has them. `note`: what a reader should know of it.
    """

    url: str
    date: str
    note: str | None = None


class Vectors(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The space of a model's vectors. `dimension` is that of an answer to a plain request.

    `revision` tells apart what has one name and is not the same. None: not known.
    """

    dimension: int | None = None
    is_normalised: bool | None = msgspec.field(name="normalised", default=None)
    revision: str | None = None


class OperationShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a kind offers an operation besides chat: its dialect, and its path behind the base path.

    `is_beside`: the path stands beside the base path, not behind it. `batch` is how many inputs it
    takes in one request. `rejects`: fields of the task (`task.style`), or words of one
    (`task.quality.hd`), and fields of the dialect that it answers with an error.
    """

    dialect: str
    path: str
    is_beside: bool = msgspec.field(name="beside_base_path", default=False)
    capabilities: frozenset[Capability] = frozenset()
    accepts: frozenset[str] = frozenset()
    rejects: frozenset[str] = frozenset()
    renames: dict[str, str] = {}
    batch: int | None = None


class Auth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The header field (lower case) that carries a key, and what stands before the key in it."""

    header: str
    prefix: str = ""


Scheme: TypeAlias = Literal["aws", "entra", "google"]
"""Whose credentials are fetched, and renewed, in place of a key."""


class LoginFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a cloud lets its own customers in.

    `service` is what is signed for (aws), `scope` what a token is for (entra, google). `is_usual`:
    so it is where no key is given; elsewhere the configuration has to say so.
    """

    scheme: Scheme
    service: str = ""
    scope: str = ""
    is_usual: bool = False


class Listing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One model as one kind of provider serves it. None: not known, or as its kind says.

    `model` is what it is called wherever it is served, where `id` does not show it. Dates are
    days as ISO 8601; `retires_not_before` is a promise, not a plan. `proof` maps a field to the
    name of its source in the same file, `*` standing for all that it does not name. `operation` is
    what it does, where that is not chat; `vectors` tells of the space of those that it makes.
    `efforts`: how hard it can be told to think; others are answered with an error.
    """

    id: str
    proof: dict[str, str] = msgspec.field(name="from")
    model: str | None = None
    lab: str | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    capabilities: frozenset[Capability] | None = None
    price: Price | None = None
    aliases: tuple[str, ...] = ()
    rejects: frozenset[str] = frozenset()
    accepts: frozenset[Accepted] = frozenset()
    renames: dict[str, str] = {}
    tool_id_length: int | None = None
    efforts: frozenset[str] = frozenset()
    retires: str | None = None
    retires_not_before: str | None = None
    replaced_by: str | None = None
    operation: Operation | None = None
    vectors: Vectors | None = None
    note: str | None = None


class ProviderKind(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One kind of provider.

    `base_url` is None where everybody has an address of their own; `base_url_example` shows how it
    looks. `base_url_form` is how it follows from `{region}` and `{project}`, `base_urls` are those
    of regions that are named otherwise, "" where a key needs neither. `base_url_env`, `region_env`,
    `project_env` and `model_env` are variables that say these, `login_env` such as show that its
    owner means to log in.
    `base_path` stands in for the path of an address that has none. `key_env`: variables that
    hold a key, the usual one first; `needs_key` is false for servers that mostly run without one.
    `lab` is None for hosts of many labs, `edge` where the network edge is not known. `taxonomy`
    names the rows of failures that apply. `probes`: addresses where a local server may answer.
    `capabilities` are those of a model that is not listed. `facts_from`: the kind whose models tell
    what is known of one that is not listed here (never its price or its dates). `tool_id_length`:
    ids of tool calls must be that many letters and digits. `limits`: what it refuses more of;
    `supply`: how its answers tell of its rate limits. `output_tokens` is what we ask for where the
    dialect demands a limit and the caller gave none.
    `operations`: what it offers besides chat; where it offers no chat, `dialect` and `chat_path`
    are empty. `ways`: other dialects in which it takes chat, each with its path in place of
    `chat_path`, or of `base_path` too where it has several segments (`/api/chat`). `retired`: the
    day it was shut down.
    `login`: how to get in without a key. `versioned_path`: where chat goes in place of
    `base_path` and `chat_path` once an `{api_version}` is asked for, `{deployment}` being the
    model's name.
    """

    name: str
    title: str
    dialect: str
    auth: Auth | None
    host: str
    taxonomy: str
    chat_path: str
    models_path: str
    capabilities: frozenset[Capability]
    sources: dict[str, Source]
    proof: dict[str, str] = msgspec.field(name="from")
    base_url: str | None = None
    base_url_example: str | None = None
    base_url_form: str | None = None
    base_urls: dict[str, str] = {}
    base_url_env: tuple[str, ...] = ()
    region_env: tuple[str, ...] = ()
    project_env: tuple[str, ...] = ()
    model_env: tuple[str, ...] = ()
    login_env: tuple[str, ...] = ()
    login: LoginFacts | None = None
    versioned_path: str | None = None
    base_path: str = ""
    headers: dict[str, str] = {}
    key_env: tuple[str, ...] = ()
    needs_key: bool = True
    lab: str | None = None
    edge: str | None = None
    is_local: bool = False
    probes: tuple[str, ...] = ()
    rejects: frozenset[str] = frozenset()
    accepts: frozenset[Accepted] = frozenset()
    renames: dict[str, str] = {}
    tool_id_length: int | None = None
    limits: Limits = Limits()
    supply: SupplyFields | None = None
    facts_from: str | None = None
    output_tokens: int | None = None
    operations: dict[Operation, OperationShape] = {}
    ways: dict[str, str] = {}
    retired: str | None = None
    note: str | None = None
    models: tuple[Listing, ...] = ()


class Labs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose a model is: `owners` by a part of its path, `families` by how its name begins."""

    owners: dict[str, str]
    families: dict[str, str]
    sources: dict[str, Source]
    proof: dict[str, str] = msgspec.field(name="from")


class ModelFacts(msgspec.Struct, frozen=True):
    """All that is known of a model at a kind of provider, ready for a target.

    `id` is the name as it was asked for, `model` what it is called wherever it is served.
    `listed_as` is the catalogue's entry, None for a model that is not listed. `output_tokens` fills
    in for a limit that the caller did not give; `max_output_tokens` is the model's own.
    """

    id: str
    model: str
    lab: str | None
    capabilities: frozenset[Capability]
    listed_as: str | None = None
    context_window: int | None = None
    max_output_tokens: int | None = None
    output_tokens: int | None = None
    price: Price = Price()
    rejects: frozenset[str] = frozenset()
    accepts: frozenset[Accepted] = frozenset()
    renames: dict[str, str] = {}
    tool_id_length: int | None = None
    limits: Limits = Limits()
    efforts: frozenset[str] = frozenset()
    retires: str | None = None
    replaced_by: str | None = None
    operation: Operation | None = None
    vectors: Vectors | None = None
