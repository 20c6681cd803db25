"""Endpoint: what a dialect must know of a target to write a request for it. No host, no secret."""

import enum

import msgspec

from understudy.wire.http import Headers


class Capability(enum.Enum):
    """What a target can do. Checked before a request is dispatched, never by trying."""

    TOOLS = "tools"
    VISION = "vision"
    DOCUMENTS = "documents"
    AUDIO_INPUT = "audio_input"
    AUDIO_OUTPUT = "audio_output"
    JSON_MODE = "json_mode"
    JSON_SCHEMA = "json_schema"
    REASONING = "reasoning"
    PREFILL = "prefill"
    STREAMING = "streaming"
    DIMENSIONS = "dimensions"
    DTYPES = "dtypes"
    EDITS = "edits"
    TRANSLATION = "translation"
    TOKEN_INPUT = "token_input"  # noqa: S105 - tokens of a text, no secret


FILES = frozenset({Capability.VISION, Capability.DOCUMENTS})
"""What requests with pictures and documents need."""


class FileLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How many files a host takes in one request, and how large each. None: nobody says.

    Sizes are bytes before base64. `document_bytes` does not hold for PDF, which have limits of
    their own everywhere. `request_bytes`: of all of a request that has files.
    """

    pictures: int | None = None
    documents: int | None = None
    picture_bytes: int | None = None
    document_bytes: int | None = None
    request_bytes: int | None = None


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How much a host takes where its dialect alone does not say. None: as much as one likes.

    Characters of an id of a tool call and of a user's name; how many tools. `pictures`: the types
    that it sees (`png`). `answers_results`: after results the model speaks before the user does,
    and a system message follows no turn of either. `files`: of files in a request.
    """

    tool_id: int | None = None
    user: int | None = None
    tools: int | None = None
    pictures: frozenset[str] = frozenset()
    answers_results: bool = False
    files: FileLimits | None = None


class Endpoint(msgspec.Struct, frozen=True):
    """One model behind one dialect.

    `model` is the provider's own name for it; `path` the full request path with query.
    `producer` names who can read back signatures, encrypted reasoning and file ids made there.
    `max_output_tokens` fills in where the dialect demands a limit and the caller gave none.
    `rejects` are neutral paths (`sampling.temperature`) that this model refuses: dropped with a
    loss; with a `+` between them two that it refuses together (`response_format+tools`).
    `renames` maps a field of the dialect to this host's spelling (`max_tokens` ->
    `max_completion_tokens`). `headers` are static (an API version), never credentials.
    `accepts` are neutral paths beyond the dialect's standard that this host takes
    (`sampling.top_k`, `cache`); everything else beyond the standard is dropped with a loss.
    `tool_id_length`: ids of tool calls must be that many letters and digits (Mistral: 9).
    `limits`: what its host refuses more of. `efforts`: how hard the model can be told to think, in
    its dialect's words; none named: nobody knows. `workflows` are the owner's own graphs, by what
    they are for, where its dialect asks in graphs.
    """

    dialect: str
    model: str
    path: str
    producer: str
    max_output_tokens: int | None = None
    capabilities: frozenset[Capability] = frozenset(Capability)
    rejects: frozenset[str] = frozenset()
    renames: dict[str, str] = {}
    headers: Headers = ()
    accepts: frozenset[str] = frozenset()
    tool_id_length: int | None = None
    limits: Limits = Limits()
    efforts: frozenset[str] = frozenset()
    workflows: dict[str, bytes] = {}


class Attached(msgspec.Struct, frozen=True):
    """The files of a request, as `FileLimits` counts them; sizes are those of the largest."""

    pictures: int = 0
    documents: int = 0
    picture_bytes: int = 0
    document_bytes: int = 0
    request_bytes: int = 0


class Needs(msgspec.Struct, frozen=True):
    """What a request needs of a target. `input_tokens` is an estimate from above (bytes / 3).

    `attached`: its files, where they were looked at.
    """

    capabilities: frozenset[Capability] = frozenset()
    input_tokens: int = 0
    output_tokens: int = 0
    attached: Attached | None = None
