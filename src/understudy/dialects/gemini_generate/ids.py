"""Ids of tool calls, which this dialect often does without: made of where a call stands."""


def asked_id(content: int, part: int) -> str:
    """Name a call of a request by its place. The same request gives the same names."""
    return f"call_{content}_{part}"


def answered_id(response: str, number: int) -> str:
    """Name call `number` of an answer; answers have ids of their own, so that turns differ."""
    return f"call_{response or 'x'}_{number}"
