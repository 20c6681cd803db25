"""Embeddings as each API says them."""

from understudy.dialects.embeddings.cohere import CohereEmbeddings
from understudy.dialects.embeddings.gemini import GeminiEmbeddings
from understudy.dialects.embeddings.ollama import OllamaEmbeddings
from understudy.dialects.embeddings.openai import OpenAIEmbeddings

DIALECTS = (OpenAIEmbeddings(), GeminiEmbeddings(), CohereEmbeddings(), OllamaEmbeddings())

__all__ = ["DIALECTS"]
