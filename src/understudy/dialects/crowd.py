"""Bounds how much a request may say in pieces. To translate a piece takes microseconds, in which
nobody else is served: a body of 30 MB can hold a million of them.
"""

import re
from typing import Final

from understudy.chat.errors import InvalidRequest

MOST_OBJECTS: Final = 50_000
"""JSON objects (messages, parts, tools and what their schemas are made of) in one request that has
to be translated: about half a second.
"""

_TO_OBJECT: Final = re.compile(rb'[^"{]*+(?:"(?:[^"\\]++|\\.)*+"[^"{]*+)*+\{', re.DOTALL)
"""What leads to the next object: anything, and texts, in which braces mean nothing. Nothing in it
is ever tried twice, so it takes time in proportion to the body, whatever is in there.
"""


def check_crowd(body: bytes) -> None:
    """Refuse a crowd without reading it all: no further than to the first object that is too many.

    Raises: InvalidRequest. Any other body that cannot be read is for others to explain.
    """
    if body.count(b"{") <= MOST_OBJECTS:  # most requests have a few; texts may have braces too
        return
    place = 0
    for _ in range(MOST_OBJECTS + 1):
        found = _TO_OBJECT.match(body, place)
        if found is None:
            return
        place = found.end()
    raise InvalidRequest(
        "",
        f"found more than {MOST_OBJECTS} objects in the body, expected at most so many where a "
        "request has to be translated: send fewer messages, parts or tools",
    )
