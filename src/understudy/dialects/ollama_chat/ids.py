"""Ids of tool calls, which this dialect mostly does without: made of where a call stands."""

_DIGITS = 23
"""Of a moment: a date, a time, and nine places of a second."""


def asked_id(message: int, index: int) -> str:
    """Name call `index` of a request's message. The same request gives the same names."""
    return f"call_{message}_{index}"


def answered_id(created_at: str, number: int) -> str:
    """Name call `number` of an answer by when that was made, so that turns differ."""
    moment = "".join(char for char in created_at[:40] if char in "0123456789")
    return f"call_{moment[:_DIGITS] or 'x'}_{number}"
