"""JSON that a simulated model writes: valid for a JSON Schema, a function of (seed, schema).

Understands the keywords that tools and response formats use; what it does not know it leaves out.
"""

import msgspec

from understudy.sim.words import number, text, word

MAX_DEPTH = 16
"""Of schemas that refer to themselves; below it only what is required is written, then null."""

_STRING_TOKENS = 3


def write_json(seed: bytes, schema: bytes | None) -> str:
    """JSON text that the schema allows; an object with an answer where there is no schema."""
    if schema is None:
        value: object = {"answer": text(seed, 8)}
    else:
        value = _Writer(seed, msgspec.json.decode(schema)).value()
    return msgspec.json.encode(value).decode()


class _Writer:
    """One document. Draws the numbers of its seed one after the other."""

    def __init__(self, seed: bytes, root: object) -> None:
        self._seed = seed
        self._root = root
        self._drawn = 0

    def value(self) -> object:
        return self._value(self._root, 0)

    def _draw(self) -> int:
        self._drawn += 1
        return number(self._seed, self._drawn)

    def _value(self, schema: object, depth: int) -> object:
        if not isinstance(schema, dict) or depth > MAX_DEPTH:
            return word(self._seed, depth) if schema is True else None
        for key in ("const", "default"):
            if key in schema:
                return schema[key]
        choices = schema.get("enum")
        if isinstance(choices, list) and choices:
            return choices[self._draw() % len(choices)]
        other = self._indirect(schema)
        if other is not None:
            return self._value(other, depth + 1)
        return self._of_type(schema, depth)

    def _indirect(self, schema: dict[object, object]) -> object | None:
        """The schema that stands behind a reference or a choice of schemas."""
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return self._resolve(reference)
        for key in ("anyOf", "oneOf", "allOf"):
            options = schema.get(key)
            if isinstance(options, list) and options:
                first: object = options[0]
                return first
        return None

    def _resolve(self, reference: str) -> object | None:
        found: object = self._root
        for name in reference.removeprefix("#").strip("/").split("/"):
            if not isinstance(found, dict) or name not in found:
                return True
            found = found[name]
        return found

    def _of_type(self, schema: dict[object, object], depth: int) -> object:
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = kind[0] if kind else None
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "string":
                return self._string(schema)
            case "integer":
                return self._number(schema)
            case "number":
                return (
                    self._number(schema) + 0.5 if "maximum" not in schema else self._number(schema)
                )
            case "boolean":
                return self._draw() % 2 == 0
            case "null":
                return None
            case _:
                return self._object(schema, depth) if "properties" in schema else self._string({})

    def _object(self, schema: dict[object, object], depth: int) -> dict[str, object]:
        properties = schema.get("properties")
        if not isinstance(properties, dict):
            return {}
        required = schema.get("required")
        is_deep = depth > MAX_DEPTH // 2
        wanted = set(required) if isinstance(required, list) else set()
        return {
            str(name): self._value(inner, depth + 1)
            for name, inner in properties.items()
            if not is_deep or name in wanted
        }

    def _array(self, schema: dict[object, object], depth: int) -> list[object]:
        least = _whole(schema.get("minItems"), 0)
        most = _whole(schema.get("maxItems"), least + 2)
        if depth > MAX_DEPTH // 2:
            most = least
        count = min(max(least, 1 + self._draw() % 2), max(least, most))
        return [self._value(schema.get("items", True), depth + 1) for _ in range(count)]

    def _string(self, schema: dict[object, object]) -> str:
        start = self._draw()
        said = " ".join(word(self._seed, start + k) for k in range(_STRING_TOKENS))
        least = _whole(schema.get("minLength"), 0)
        while len(said) < least:
            said += " " + said
        return said[: _whole(schema.get("maxLength"), len(said))]

    def _number(self, schema: dict[object, object]) -> int:
        least = _whole(schema.get("minimum"), 0)
        most = _whole(schema.get("maximum"), least + 99)
        return least + self._draw() % max(1, most - least + 1)


def _whole(value: object, default: int) -> int:
    return int(value) if isinstance(value, int | float) else default
