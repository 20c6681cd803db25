"""Bounds how much a request may say in pieces. To translate a piece takes microseconds, in which
nobody else is served: a body of 30 MB can hold a million of them.
"""

import msgspec

from understudy.chat.errors import InvalidRequest

MOST_OBJECTS = 50_000
"""JSON objects (messages, parts, tools and what their schemas are made of) in one request that has
to be translated: about half a second.
"""

_decode = msgspec.json.Decoder().decode


def check_crowd(body: bytes) -> None:
    """Raises: InvalidRequest. A body that cannot be read is for others to explain."""
    if body.count(b"{") <= MOST_OBJECTS:  # most requests have a few; texts may have braces too
        return
    try:
        count = _objects(_decode(body))
    except (msgspec.DecodeError, RecursionError):
        return
    if count > MOST_OBJECTS:
        raise InvalidRequest(
            "",
            f"found {count} objects in the body, expected at most {MOST_OBJECTS} where a request "
            "has to be translated: send fewer messages, parts or tools",
        )


def _objects(value: object) -> int:
    """How many objects there are in a value, itself included."""
    count = 0
    left: list[object] = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            count += 1
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
    return count
