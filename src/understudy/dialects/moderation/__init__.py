"""Moderation as each API says it."""

from understudy.dialects.moderation.dialect import MISTRAL, OPENAI

DIALECTS = (OPENAI, MISTRAL)

__all__ = ["DIALECTS"]
