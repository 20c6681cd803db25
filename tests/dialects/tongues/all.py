"""Every tongue there is, by the name of its dialect."""

from tests.dialects.tongues import (
    anthropic_messages,
    bedrock_converse,
    cohere_chat,
    gemini_generate,
    ollama_chat,
    openai_chat,
    openai_completions,
    openai_responses,
)
from tests.dialects.tongues.heard import Tongue

TONGUES: dict[str, Tongue] = {
    module.TONGUE.dialect: module.TONGUE
    for module in (
        openai_chat,
        openai_responses,
        anthropic_messages,
        gemini_generate,
        bedrock_converse,
        ollama_chat,
        cohere_chat,
        openai_completions,
    )
}
