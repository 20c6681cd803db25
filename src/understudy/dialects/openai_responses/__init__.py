"""OpenAI's Responses, as their author and many others speak them."""

from understudy.dialects.openai_responses.dialect import DIALECT, OpenAIResponses

__all__ = ["DIALECT", "OpenAIResponses"]
