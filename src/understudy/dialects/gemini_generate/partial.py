"""Arguments of a call that come piece by piece: `partialArgs` with JSON paths.

Source: cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling, "Streaming
function call arguments" (2026): `{"jsonPath": "$.a[0].b", "stringValue": "x"}`.
"""

import re
from types import MappingProxyType

from understudy.chat.events import Fields
from understudy.dialects.gemini_generate.schema import (
    Raws,
    decode_any,
    decode_raw_list,
    decode_raws,
    decode_string,
    encode,
    is_null,
    word,
)

_STEP = re.compile(
    r"""\.([^.\[\]]+)|\[(\d{1,6})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]"""
)
_ESCAPE = re.compile(r'\\.|"')
_AS_JSON = MappingProxyType({"\\'": "'", '"': '\\"'})
_VALUES = ("stringValue", "numberValue", "boolValue", "nullValue")

Step = str | int


class Growing:
    """One call. `receive` its pieces in order; `arguments` is the JSON text of all of them."""

    def __init__(self, id_: str, name: str) -> None:
        self.id = id_
        self.name = name
        self.fields: Fields = {}
        self._whole = ""
        self._tree: object = None

    def receive(self, call: Raws, fields: Fields) -> None:
        """Raises: MsgspecError, ValueError for pieces that fit nowhere."""
        self.fields |= fields
        whole = call.get("args")
        if whole is not None and not is_null(whole):
            decode_raws(whole)
            self._whole = bytes(whole).decode()
        pieces = call.get("partialArgs")
        for raw in [] if pieces is None or is_null(pieces) else decode_raw_list(pieces):
            piece = decode_raws(raw)
            self._tree = _put(self._tree, _steps(word(piece.get("jsonPath"))), _value(piece))

    def arguments(self) -> str:
        """All arguments as JSON text."""
        if self._tree is None:
            return self._whole or "{}"
        return encode(self._tree).decode()


def _value(piece: Raws) -> object:
    for name in _VALUES:
        if name in piece:
            return None if name == "nullValue" else decode_any(piece[name])
    return ""


def _steps(path: str) -> list[Step]:
    steps: list[Step] = []
    at = 1
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            break
        number = found[2]
        name = found[1] or _unquoted(found[3] or found[4] or "")
        steps.append(int(number) if number is not None else name)
        at = found.end()
    if not path.startswith("$") or at != len(path) or not steps:
        raise ValueError(f"expected a JSON path, found {path[:80]!r}")
    return steps


def _unquoted(name: str) -> str:
    """A name without its escapes (RFC 9535, 2.3.1.1): JSON's, and that of a single quote."""
    if "\\" not in name:
        return name
    text = _ESCAPE.sub(lambda found: _AS_JSON.get(found[0], found[0]), name)
    return decode_string(f'"{text}"'.encode())


def _put(tree: object, steps: list[Step], value: object) -> object:
    """Put a value where the steps lead; strings go on where they ended."""
    if not steps:
        both = isinstance(tree, str) and isinstance(value, str)
        return f"{tree}{value}" if both else value
    step, rest = steps[0], steps[1:]
    if isinstance(step, int):
        items = tree if isinstance(tree, list) else []
        if step > len(items):
            raise ValueError(f"expected element {len(items)}, found element {step}")
        if step == len(items):
            items.append(None)
        items[step] = _put(items[step], rest, value)
        return items
    found = tree if isinstance(tree, dict) else {}
    found[step] = _put(found.get(step), rest, value)
    return found
