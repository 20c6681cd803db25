"""Ids of tool calls, which this dialect mostly does without: made of where a call stands."""


def call_id(message: int, index: int) -> str:
    """Name the call number `index` of a message. The same request gives the same names."""
    return f"call_{message}_{index}"
