"""OpenAI's chat completions, as their author and many others speak them."""

from understudy.dialects.openai_chat.dialect import DIALECT, OpenAIChat

__all__ = ["DIALECT", "OpenAIChat"]
