"""The word JSON, without which OpenAI's dialects refuse to be held to JSON.

Source: OpenAI "Structured Outputs", JSON mode (November 2026): the API throws an error where the
word is nowhere in the messages; Responses looks at the input only, not at the instructions.
"""

import msgspec

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.parts import Text
from understudy.chat.request import Format, Message, Request, Role

WORDS = "Answer in JSON."

_DEMAND = frozenset({"openai_chat", "openai_responses"})


def with_json_word(request: Request, endpoint: Endpoint, losses: list[Loss]) -> Request:
    """The request with the word where `endpoint` demands it. Adds to `losses` what changed."""
    wanted = request.response_format
    if wanted is None or endpoint.dialect not in _DEMAND or "response_format" in endpoint.rejects:
        return request
    can = endpoint.capabilities
    is_mode = wanted.kind is Format.JSON or (
        wanted.kind is Format.SCHEMA and Capability.JSON_SCHEMA not in can
    )
    if not is_mode or Capability.JSON_MODE not in can or _says(request, endpoint.dialect):
        return request
    losses.append(Loss("response_format", f"{WORDS!r} said beside it", Change.CHANGED))
    word = Message(Role.SYSTEM, (Text(WORDS),))
    return msgspec.structs.replace(request, messages=(*request.messages, word))


def _says(request: Request, dialect: str) -> bool:
    messages = request.messages
    if dialect == "openai_responses" and messages and messages[0].role is Role.SYSTEM:
        messages = messages[1:]
    texts = (part.text for m in messages for part in m.parts if isinstance(part, Text))
    return any("json" in text.lower() for text in texts)
