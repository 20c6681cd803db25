"""Rules that several vendors share: calls beside their results, names, schemas. Asserts."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

PLAIN_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
UNIONS = {"anyOf", "oneOf", "allOf"}

Said = tuple[str, str]
"""A call or a result, and its id; ("", "") for anything else that is said."""


def answered(said: Iterable[Said]) -> None:
    """Assert that each call is answered before anything else is said, and nothing else is.

    Further calls, and what stands beside them in one turn, must be left out or come first.
    """
    waiting: Counter[str] = Counter()
    has_results = False
    for what, id_ in said:
        if what == "call":
            assert not (has_results and waiting), f"{waiting} without a result"
            has_results = False
            assert not waiting[id_], f"two calls {id_} in a turn"
            waiting[id_] += 1
        elif what == "result":
            has_results = True
            assert waiting[id_], f"a result of no call {id_}"
            waiting -= Counter([id_])
        else:
            assert not waiting, f"{waiting} without a result"
    assert not waiting, f"{waiting} without a result"


def takes_object(schema: dict[str, Any]) -> None:
    """Assert that a tool's arguments are plainly an object."""
    assert schema.get("type", "object") == "object"
    assert not UNIONS & schema.keys()


def named(names: Iterable[str], pattern: re.Pattern[str] = PLAIN_NAME) -> None:
    for name in names:
        assert pattern.fullmatch(name), name


SEEN = {"image/png", "image/jpeg", "image/gif", "image/webp"}
ENFORCED = {"type", "properties", "required", "additionalProperties", "items", "enum", "const"} | {
    *("anyOf", "$ref", "$defs", "definitions", "description", "title", "$schema", "format"),
}
"""What OpenAI and Claude both enforce of a schema."""


def enforced(schema: Any, more: set[str], *, all_required: bool) -> None:
    """Assert that a vendor holds a model to a schema. `more`: further keywords that it knows."""
    assert schema.keys() <= ENFORCED | more, schema.keys() - ENFORCED - more
    if "$ref" in schema:
        assert schema.keys() <= {"$ref", "$defs", "definitions"}
        return
    assert schema.keys() & {"type", "anyOf", "allOf", "enum", "const"}
    properties = schema.get("properties", {})
    if "object" in (schema.get("type"), *_all(schema.get("type"))):
        assert schema["additionalProperties"] is False
        assert not all_required or properties.keys() <= set(schema.get("required", []))
    assert schema.get("type") != "array" or "items" in schema
    inner = [*properties.values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", [])]
    for each in [*inner, *([schema["items"]] if "items" in schema else [])]:
        enforced(each, more, all_required=all_required)


def _all(kind: Any) -> list[str]:
    return kind if isinstance(kind, list) else []


def within(said: dict[str, Any], **bounds: tuple[float, float]) -> None:
    for name, (least, most) in bounds.items():
        assert least <= said.get(name, least) <= most, (name, said[name])


def once(names: Iterable[str]) -> None:
    counts = Counter(names)
    assert not counts or max(counts.values()) == 1, counts


def marks(body: Any, name: str) -> list[Any]:
    """All marks of where to cache, wherever they stand, in order."""
    if isinstance(body, list):
        return [mark for each in body for mark in marks(each, name)]
    if not isinstance(body, dict):
        return []
    own = [body[name]] if name in body else []
    return [mark for key, each in body.items() if key != name for mark in marks(each, name)] + own


def few_marks(in_order: list[dict[str, str]]) -> None:
    """Assert that there are four at most, and none for an hour after one for five minutes."""
    assert len(in_order) <= 4
    lasting = [mark.get("ttl") == "1h" for mark in in_order]
    assert lasting == sorted(lasting, reverse=True)


def noted(metadata: dict[str, str], pairs: int, key: int, value: int) -> None:
    assert len(metadata) <= pairs
    assert all(0 < len(name) <= key and len(said) <= value for name, said in metadata.items())
