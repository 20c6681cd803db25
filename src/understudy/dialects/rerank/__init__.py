"""Rerank as each API says it."""

from understudy.dialects.rerank.bedrock import BEDROCK
from understudy.dialects.rerank.dialect import COHERE, JINA, VOYAGE

DIALECTS = (COHERE, JINA, VOYAGE, BEDROCK)

__all__ = ["BEDROCK", "DIALECTS"]
