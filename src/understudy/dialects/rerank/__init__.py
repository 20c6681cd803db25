"""Rerank as each API says it."""

from understudy.dialects.rerank.dialect import COHERE, JINA, VOYAGE

DIALECTS = (COHERE, JINA, VOYAGE)

__all__ = ["DIALECTS"]
