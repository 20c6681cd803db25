"""OpenAI's legacy completions, `POST /v1/completions`: a text that a model goes on with."""

from understudy.dialects.openai_completions.dialect import DIALECT

__all__ = ["DIALECT"]
