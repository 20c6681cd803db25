"""Messages in an order that hosts with templates of their own take.

Source: mistral-common, `validator.py` (2025-12): after results the model speaks before the user
does, and a system message follows neither of them; its host answers others with 400
`invalid_request_message_order`.
"""

from understudy.chat.loss import Change
from understudy.dialects.openai_chat.paper import Object, Paper

BETWEEN = "Understood."
"""What the model says between results and the user."""

_INSTRUCTING = frozenset({"system", "developer"})
_SPOKEN = frozenset({"assistant", "tool"})


def ordered(messages: list[object], paper: Paper) -> list[object]:
    """The messages as they are, or with a word between where `paper`'s host demands it."""
    if not paper.endpoint.limits.answers_results:
        return messages
    out: list[object] = []
    before = None
    for each in messages:
        message = each
        role = each.get("role") if isinstance(each, dict) else None
        if isinstance(each, dict) and role in _INSTRUCTING and before in _SPOKEN:
            role, message = "user", _by_user(each)
            paper.lose("messages", "a later system message, said by the user", Change.CHANGED)
        if role == "user" and before == "tool":
            out.append({"role": "assistant", "content": BETWEEN})
            paper.lose("messages", f"the model says {BETWEEN!r} after results", Change.CHANGED)
        out.append(message)
        before = role
    return out


def _by_user(said: Object) -> Object:
    """A system message in the mouth of the user, marked as what it is."""
    content = said.get("content")
    if isinstance(content, str):
        content = f"<system>\n{content}\n</system>"
    return {**said, "role": "user", "content": content}
