"""Turns in which tools are called, and the thoughts that models with a budget want before them.

Source: Claude "Extended thinking", preserving thinking blocks (2026): with a budget, a last turn of
calls that does not begin with a thought of the model's own is answered with 400, on Bedrock too.
"""

from collections.abc import Sequence

from understudy.chat.parts import Reasoning, ToolCall, ToolResult
from understudy.chat.request import Message, Role


def lacks_thoughts(messages: Sequence[Message], producer: str) -> bool:
    """Whether the last calls began without a thought that `producer` signed.

    A turn goes on as long as nothing but results comes between.
    """
    begun: Message | None = None
    is_answered = False
    was_user = True
    for message in messages:
        if message.role is Role.ASSISTANT:
            begun = message if begun is None or (was_user and not is_answered) else begun
            is_answered = was_user = False
        else:
            was_user = True
            is_answered |= any(isinstance(part, ToolResult) for part in message.parts)
    if begun is None or not is_answered:
        return False
    first = begun.parts[0] if begun.parts else None
    if isinstance(first, Reasoning) and first.producer == producer:
        return first.signature is None and first.encrypted is None
    return any(isinstance(part, ToolCall) for part in begun.parts)
