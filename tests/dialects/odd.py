"""Every way in which one place of a JSON tree may be odd, and what events say whatever their
order of fields.
"""

import copy
import json
from collections.abc import Iterator, Sequence

import msgspec

from understudy.chat.events import Event

VALUES: tuple[object, ...] = (None, "", "x", 0, 1, -1, 1.5, 2**70, True, [], {}, ["x"], {"x": 1})


def oddities(tree: object) -> Iterator[object]:
    """Copies of a tree, each with one place that has another value, is gone, or has company."""
    for path in _places(tree):
        for value in VALUES:
            yield _changed(tree, path, value)
        yield _changed(tree, path, ...)
        found = _at(tree, path)
        if isinstance(found, dict):
            yield from (_changed(tree, path, {**found, "strange": value}) for value in VALUES)
        if isinstance(found, list):
            yield _changed(tree, path, found * 2)


def said(events: Sequence[Event] | None) -> object:
    """What events say; fields of vendors as trees."""
    return None if events is None else msgspec.json.decode(msgspec.json.encode(events))


def dump(tree: object) -> bytes:
    return json.dumps(tree, separators=(",", ":")).encode()


def _places(tree: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    inner: dict[str | int, object] = {}
    if isinstance(tree, dict):
        inner = {**tree}
    elif isinstance(tree, list):
        inner = dict(enumerate(tree))
    for key, value in inner.items():
        yield from _places(value, (*path, key))


def _at(tree: object, path: tuple[str | int, ...]) -> object:
    for key in path:
        tree = tree[key]  # type: ignore[index]
    return tree


def _changed(tree: object, path: tuple[str | int, ...], value: object) -> object:
    if not path:
        return None if value is ... else value
    tree = copy.deepcopy(tree)
    outer = _at(tree, path[:-1])
    if value is ...:
        del outer[path[-1]]  # type: ignore[attr-defined]
    else:
        outer[path[-1]] = value  # type: ignore[index]
    return tree
