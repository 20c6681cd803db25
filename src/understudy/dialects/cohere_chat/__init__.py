"""Cohere's chat, version 2: `POST /v2/chat`, whole or as server-sent events."""

from understudy.dialects.cohere_chat.dialect import DIALECT

__all__ = ["DIALECT"]
