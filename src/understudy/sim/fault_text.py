"""Faults as people write them: `cut(after=5, how=rst)`, joined with `+`, or JSON.

Raises: FaultError.
"""

import difflib
import re
from types import MappingProxyType
from typing import get_args

import msgspec

from understudy.sim.faults import Effect, Fault, When


class FaultError(Exception):
    """A fault that cannot be read. The message names what was found and what was expected."""


_KINDS = MappingProxyType({str(kind.__struct_config__.tag): kind for kind in get_args(Effect)})
_WHEN = frozenset(field.name for field in msgspec.structs.fields(When))
_NAME = re.compile(r"\s*([a-z_][a-z0-9_]*)\s*")
_ARGUMENT = re.compile(r"""\s*(?:([a-z_]+)\s*=\s*)?(?:"([^"]*)"|'([^']*)'|([^,()"']+?))\s*([,)])""")


def names() -> tuple[str, ...]:
    """The names of all faults."""
    return (*_KINDS, "flap")


def describe(name: str) -> str:
    """What a fault does, in one sentence, with its fields and their defaults."""
    if name == "flap":
        return "flap(up=3, down=3): Refuse for `down` seconds after every `up` seconds of health."
    kind = _KINDS[name]
    fields = []
    for field in msgspec.structs.fields(kind):
        if field.default is msgspec.NODEFAULT or field.default is None:
            fields.append(field.name)
        else:
            default = str(msgspec.to_builtins(field.default))
            quoted = f'"{default}"' if " " in default or not default else default
            fields.append(f"{field.name}={quoted}")
    return f"{name}({', '.join(fields)}): {(kind.__doc__ or '').strip()}"


def parse_faults(text: str) -> tuple[Fault, ...]:
    """Read faults as text, or as JSON (an object or a list of them). Raises: FaultError."""
    said = text.strip()
    if not said or said == "none":
        return ()
    if said[0] in "[{":
        try:
            found = msgspec.json.decode(said, type=dict[str, object] | list[dict[str, object]])
        except msgspec.DecodeError as error:
            raise FaultError(f"{text!r}: {error}") from None
        return tuple(_build(item) for item in (found if isinstance(found, list) else [found]))
    return tuple(_build(item) for item in _read(said))


def _read(text: str) -> list[dict[str, object]]:
    """Text to one object a fault."""
    found: list[dict[str, object]] = []
    at = 0
    while True:
        name = _NAME.match(text, at)
        if name is None:
            raise FaultError(f"{text!r}: a fault's name was expected at {text[at : at + 20]!r}")
        item: dict[str, object] = {"fault": name[1]}
        at = name.end()
        if text.startswith("(", at):
            at = _read_arguments(text, at + 1, item)
        found.append(item)
        rest = text[at:].lstrip()
        if not rest:
            return found
        if rest[0] != "+":
            raise FaultError(f"{text!r}: '+' or the end was expected at {rest[:20]!r}")
        at = len(text) - len(rest) + 1


def _read_arguments(text: str, at: int, item: dict[str, object]) -> int:
    if text[at:].lstrip().startswith(")"):
        return text.index(")", at) + 1
    while True:
        match = _ARGUMENT.match(text, at)
        if match is None:
            raise FaultError(f"{text!r}: 'field=value' was expected at {text[at : at + 20]!r}")
        name, *values, end = match.groups()
        if name is None:
            name = _first_field(str(item["fault"]))
        item[name] = next(value for value in values if value is not None)
        at = match.end()
        if end == ")":
            return at


def _first_field(fault: str) -> str:
    if fault not in _KINDS:
        return "value"  # the name is what will be complained of
    fields = msgspec.structs.fields(_KINDS[fault])
    if not fields:
        raise FaultError(f"{fault}: takes no value without a name")
    return fields[0].name


def _build(item: dict[str, object]) -> Fault:
    name = item.get("fault")
    if name == "flap":
        item = {"up": 3.0, "down": 3.0, **item, "fault": "refuse"}
    elif not isinstance(name, str) or name not in names():
        close = difflib.get_close_matches(str(name), names(), n=1)
        hint = f", did you mean {close[0]!r}" if close else ""
        raise FaultError(f"{name!r} is no fault{hint} (faults: {', '.join(names())})")
    when = {key: value for key, value in item.items() if key in _WHEN}
    rest = {key: value for key, value in item.items() if key not in _WHEN}
    kind = _KINDS[str(rest["fault"])]
    known = {"fault", *(field.name for field in msgspec.structs.fields(kind))}
    for key in rest.keys() - known:
        allowed = ", ".join(sorted((known | _WHEN) - {"fault"}))
        raise FaultError(f"{name}: has no field {key!r} (fields: {allowed})")
    try:
        return Fault(
            msgspec.convert(rest, Effect, strict=False), msgspec.convert(when, When, strict=False)
        )
    except msgspec.ValidationError as error:
        raise FaultError(f"{name}: {error}") from None
