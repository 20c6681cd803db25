"""The dialects there are, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from understudy.dialects import (
    anthropic_messages,
    audio,
    bedrock_converse,
    bedrock_invoke,
    cohere_chat,
    embeddings,
    files,
    gemini_generate,
    images,
    mistral_fim,
    moderation,
    ollama_chat,
    openai_chat,
    openai_completions,
    openai_responses,
    rerank,
    vertex_predict,
    vertex_raw,
)
from understudy.dialects.anthropic_messages.count import COUNTS as ANTHROPIC
from understudy.dialects.base import Dialect
from understudy.dialects.bedrock_converse.count import COUNTS as BEDROCK
from understudy.dialects.bedrock_invoke.chats import Chats
from understudy.dialects.bedrock_invoke.command import Command
from understudy.dialects.bedrock_invoke.labs import LABS
from understudy.dialects.bedrock_invoke.nova import Nova
from understudy.dialects.bedrock_invoke.ranks import Ranks
from understudy.dialects.bedrock_invoke.texts import Texts
from understudy.dialects.bedrock_invoke.vectors import Vectors
from understudy.dialects.counting import Counts
from understudy.dialects.gemini_generate.count import COUNTS as GEMINI
from understudy.dialects.memory import Memory
from understudy.dialects.openai_responses.count import COMPACTS
from understudy.dialects.openai_responses.count import COUNTS as RESPONSES
from understudy.dialects.openai_responses.memory import MEMORY
from understudy.dialects.vertex_raw import VertexRaw
from understudy.dialects.vertex_raw.count import counts_of

INVOKE = bedrock_invoke.BedrockInvoke(
    anthropic_messages.DIALECT,
    (
        Vectors(embeddings.BEDROCK),
        Ranks(rerank.BEDROCK),
        Nova(bedrock_converse.DIALECT),
        Command(cohere_chat.DIALECT),
        *(Texts(openai_completions.DIALECT, words) for words in LABS),
        Chats(openai_chat.DIALECT),
    ),
)

DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        openai_chat.DIALECT.name: openai_chat.DIALECT,
        openai_responses.DIALECT.name: openai_responses.DIALECT,
        anthropic_messages.DIALECT.name: anthropic_messages.DIALECT,
        ollama_chat.DIALECT.name: ollama_chat.DIALECT,
        gemini_generate.DIALECT.name: gemini_generate.DIALECT,
        bedrock_converse.DIALECT.name: bedrock_converse.DIALECT,
        INVOKE.name: INVOKE,
        cohere_chat.DIALECT.name: cohere_chat.DIALECT,
    }
)
"""Those of chat. The first answers where nothing tells which dialect a client speaks."""

FIM = mistral_fim.MistralFim(openai_completions.DIALECT, openai_chat.DIALECT)

PLAIN: Mapping[str, Dialect] = MappingProxyType(
    {openai_completions.DIALECT.name: openai_completions.DIALECT, FIM.name: FIM}
)
"""Those of chat that know one text and no conversation: no tools, no roles, no pictures."""

VERTEX = (
    VertexRaw(vertex_raw.ANTHROPIC, anthropic_messages.DIALECT, gemini_generate.DIALECT),
    VertexRaw(vertex_raw.MISTRAL, openai_chat.DIALECT, gemini_generate.DIALECT),
)
"""Those of chat that are others in an envelope."""

CHATS: Mapping[str, Dialect] = MappingProxyType(
    {**DIALECTS, **PLAIN, **{dialect.name: dialect for dialect in VERTEX}}
)
"""All of chat."""

OPERATIONS: Mapping[str, Dialect] = MappingProxyType(
    {
        dialect.name: dialect
        for dialect in (
            *embeddings.DIALECTS,
            *rerank.DIALECTS,
            *moderation.DIALECTS,
            *images.DIALECTS,
            *audio.DIALECTS,
            *files.DIALECTS,
            *vertex_predict.DIALECTS,
        )
    }
)
"""Those of everything else; none of them ever stands for one of chat."""

COUNTS: tuple[Counts, ...] = (
    ANTHROPIC,
    GEMINI,
    BEDROCK,
    RESPONSES,
    COMPACTS,
    counts_of(VERTEX[0], ANTHROPIC),
)
"""How tokens are counted, and conversations compacted, by dialects that know such a request."""

SPOKEN: Mapping[str, Dialect] = MappingProxyType({**CHATS, **OPERATIONS})
"""All that a gateway serves, and that a simulated provider may speak."""

MEMORIES: Mapping[str, Memory] = MappingProxyType({openai_responses.DIALECT.name: MEMORY})
"""Those in which a conversation goes on by an answer's id."""
