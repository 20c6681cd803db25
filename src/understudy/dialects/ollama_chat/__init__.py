"""Ollama's own chat API, `/api/chat` (github.com/ollama/ollama, docs/api.md, August 2026)."""

from understudy.dialects.ollama_chat.dialect import DIALECT

__all__ = ["DIALECT"]
