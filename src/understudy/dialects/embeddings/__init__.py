"""Embeddings as each API says them."""

from understudy.dialects.embeddings.bedrock import BedrockEmbeddings
from understudy.dialects.embeddings.cohere import CohereEmbeddings
from understudy.dialects.embeddings.gemini import GeminiEmbeddings
from understudy.dialects.embeddings.ollama import OllamaEmbeddings
from understudy.dialects.embeddings.openai import OpenAIEmbeddings

BEDROCK = BedrockEmbeddings()

DIALECTS = (OpenAIEmbeddings(), GeminiEmbeddings(), CohereEmbeddings(), OllamaEmbeddings(), BEDROCK)

__all__ = ["BEDROCK", "DIALECTS"]
