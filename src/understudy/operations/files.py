"""Files and batches: things that lie at one provider, and mean nothing anywhere else.

What an application holds is `id~owner`: the owner's own id, and the provider that it lies at. So no
table has to be kept, and no id can go to a stranger.
"""

import msgspec

MARK = "~"


class FileTask(msgspec.Struct, frozen=True):
    """`path` and `query` are as the provider has them, ids bare. `media`: of a body that is not
    JSON. `owner` is the provider that all ids in it are of; None where there is none.
    """

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    media: bytes | None = None
    owner: str | None = None


class Filed(msgspec.Struct, frozen=True):
    """An answer, as it was. `owner` is who gave it."""

    body: bytes
    media: str
    owner: str = ""


def pinned(bare: str, owner: str) -> str:
    """The id that an application gets."""
    return f"{bare}{MARK}{owner}"


def unpinned(said: str) -> tuple[str, str | None]:
    """The owner's own id, and the owner; None where the id does not say it."""
    bare, mark, owner = said.rpartition(MARK)
    return (bare, owner) if mark and bare and owner else (said, None)


def route_of(route: str, owner: str) -> str:
    """The name of the route to one owner among those of a route."""
    return f"{route}{MARK}{owner}"
