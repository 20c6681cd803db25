"""Mistral's fill in the middle, `POST /v1/fim/completions`: asked as a completion is, answered as
a chat is (docs.mistral.ai/api/endpoint/fim, November 2026).
"""

from understudy.dialects.mistral_fim.dialect import MistralFim

__all__ = ["MistralFim"]
