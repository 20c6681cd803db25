"""The neutral request: what an application asks of a model, in nobody's dialect."""

import enum
from typing import TypeAlias

import msgspec

from understudy.chat.parts import CacheHint, Part
from understudy.operations.task import Task

Extensions: TypeAlias = dict[str, dict[str, msgspec.Raw]]
"""Fields that the neutral model has no word for: dialect -> field name -> its JSON, byte for byte.
"""


class Role(enum.Enum):
    SYSTEM = "system"
    DEVELOPER = "developer"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


SYSTEM_ROLES = frozenset({Role.SYSTEM, Role.DEVELOPER})
"""Whose words are instructions: two names that vendors give to one thing."""


class Message(msgspec.Struct, frozen=True):
    """Tool results stand in `TOOL` messages; a system prompt is an ordinary message where it was
    said.

    `items` are the ids of the items that the parts stood in, one a part, where a dialect has items
    ("" for one without an id): identity only, others make their own.
    """

    role: Role
    parts: tuple[Part, ...]
    name: str | None = None
    extensions: Extensions = {}
    items: tuple[str, ...] = ()


class Tool(msgspec.Struct, frozen=True):
    """A function that the model may ask for. `schema` is JSON Schema as the caller wrote it."""

    name: str
    description: str | None = None
    schema: msgspec.Raw | None = None
    strict: bool | None = None
    cache: CacheHint | None = None
    extensions: Extensions = {}


class HostedTool(msgspec.Struct, frozen=True):
    """A tool that the provider runs (web search, code execution, a custom grammar): `dialect` alone
    can say it.
    """

    dialect: str
    kind: str
    name: str | None
    raw: msgspec.Raw


class Choice(enum.Enum):
    AUTO = "auto"
    NONE = "none"
    REQUIRED = "required"
    NAMED = "named"


class ToolChoice(msgspec.Struct, frozen=True):
    """`name` is set for NAMED only; `raw` holds a choice that only `dialect` can say."""

    mode: Choice
    name: str | None = None
    dialect: str | None = None
    raw: msgspec.Raw | None = None


class Format(enum.Enum):
    TEXT = "text"
    JSON = "json"
    SCHEMA = "schema"


class ResponseFormat(msgspec.Struct, frozen=True):
    kind: Format
    name: str | None = None
    description: str | None = None
    schema: msgspec.Raw | None = None
    strict: bool | None = None


class Sampling(msgspec.Struct, frozen=True):
    """None means: the caller said nothing, the provider's default holds. `n` is the number of
    answers.
    """

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    repetition_penalty: float | None = None
    seed: int | None = None
    n: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    logit_bias: msgspec.Raw | None = None

    def said(self) -> dict[str, object]:
        """What the caller said, by the names of the fields."""
        fields = msgspec.structs.asdict(self).items()
        return {name: value for name, value in fields if value is not None}


class ReasoningConfig(msgspec.Struct, frozen=True):
    """How much the model shall think. `effort` is the caller's word (none minimal low medium high
    xhigh max ...).
    """

    enabled: bool | None = None
    effort: str | None = None
    budget_tokens: int | None = None
    summary: str | None = None


class Request(msgspec.Struct, frozen=True):
    """One chat request. `max_output_tokens` bounds everything that the model writes, reasoning
    included. `as_array`: a stream is wanted as one JSON array, which some dialects know.

    `task` is set where something else than chat is asked for; there are no messages then.
    `store`: may whoever answers keep the conversation, for the caller to go on with by its id; a
    dialect without that keeps nothing.
    """

    model: str
    messages: tuple[Message, ...]
    stream: bool = False
    tools: tuple[Tool | HostedTool, ...] = ()
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    sampling: Sampling = Sampling()
    stop: tuple[str, ...] = ()
    max_output_tokens: int | None = None
    reasoning: ReasoningConfig | None = None
    cache: CacheHint | None = None
    user: str | None = None
    metadata: dict[str, str] | None = None
    wants_usage: bool = True
    modalities: tuple[str, ...] = ()
    legacy_functions: bool = False
    as_array: bool = False
    extensions: Extensions = {}
    task: Task | None = None
    store: bool | None = None
