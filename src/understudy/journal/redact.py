"""Redaction: strikes secrets and personal data out of bodies before anything is written.

Reads the text inside JSON strings as it is meant, escapes undone, and in a stream as one text over
all its events, so that what a model says in twenty pieces is found as a whole. Everything else of
a body stays as it was. A body is cut at a limit first.
"""

import json
import re
from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Final

import msgspec
from msgspec.structs import replace

from understudy.journal.detectors import BUILTIN, SECRET_FIELDS, Detector, Span, find
from understudy.journal.entry import AttemptEntry, RequestEntry
from understudy.journal.pattern import custom_detector

LIMIT_BYTES: Final = 256 * 1024

_STRING: Final = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)("?)', re.DOTALL)
_COLON: Final = re.compile(r"\s{0,64}:\s{0,64}")
_INDEX: Final = re.compile(r'"index"\s{0,8}:\s{0,8}(\d{1,9})')
_EVENT: Final = re.compile(r"^data:", re.MULTILINE)

_GROWING: Final = frozenset(
    {"content", "text", "delta", "partial_json", "arguments", "thinking", "refusal"}
    | {"reasoning", "reasoning_content", "transcript", "input"}
)
"""Fields whose texts in the events of a stream follow each other: what the dialects stream."""

_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_MEANT: Final = MappingProxyType({"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"})

_LOOKED_FOR_AT_FIRST: Final = 64 * 1024


class _Piece(msgspec.Struct):
    """One text of a body: between quotes, or between two such. Places are in the whole body.

    `group` joins pieces that continue each other; None: it stands alone.
    """

    start: int
    end: int
    text: str
    is_string: bool
    group: tuple[str, ...] | None = None
    is_secret: bool = False


class _Edit(msgspec.Struct):
    start: int
    end: int
    text: str


class Redactor:
    """Strikes out what the detectors find, and what stands in fields named like a secret.

    `patterns` are the owner's, beyond what is always looked for; like that they are searched for in
    each string of a JSON body, not across several. Raises InvalidPattern.
    """

    def __init__(self, patterns: Sequence[str] = (), *, limit_bytes: int = LIMIT_BYTES) -> None:
        self.limit_bytes = limit_bytes
        custom = tuple(custom_detector(pattern) for pattern in patterns)
        self._detectors: tuple[Detector, ...] = (*BUILTIN, *custom)

    def text(self, text: str) -> str:
        """Return a plain text without what must not be kept."""
        spans = find(text, self._detectors)
        return _part(text, 0, spans) if spans else text

    def facts(self, entry: RequestEntry) -> RequestEntry:
        """Return an entry whose messages are clean: a provider's may quote a key or an address."""
        if all(attempt.message is None for attempt in entry.attempts):
            return entry
        attempts = tuple(self._attempt(attempt) for attempt in entry.attempts)
        return entry if attempts == entry.attempts else replace(entry, attempts=attempts)

    def body(self, data: bytes) -> bytes:
        """Return a body without what must not be kept; the very bytes where there is nothing.

        A body beyond the limit ends in " [cut: N bytes in all]", and is no valid JSON.
        """
        kept, tail = self._cut(data)
        text = kept.decode("utf-8", "surrogateescape")
        edits = self._edits(text)
        if edits:
            kept = _spliced(text, edits).encode("utf-8", "surrogateescape")
        return kept + tail

    def _attempt(self, attempt: AttemptEntry) -> AttemptEntry:
        if attempt.message is None:
            return attempt
        return replace(attempt, message=self.text(attempt.message))

    def _cut(self, data: bytes) -> tuple[bytes, bytes]:
        if len(data) <= self.limit_bytes:
            return data, b""
        kept = data[: self.limit_bytes]
        # Half a secret is not recognised: go back to where a word ends, and a number begins.
        end = max(kept.rfind(mark) for mark in (b" ", b'"', b"\n", b",")) + 1
        kept = kept[:end].rstrip(b"0123456789 -")
        return kept, b" [cut: %d bytes in all]" % len(data)

    def _edits(self, text: str) -> list[_Edit]:
        is_stream = _EVENT.search(text, 0, _LOOKED_FOR_AT_FIRST) is not None
        if not is_stream and text.lstrip()[:1] not in {"{", "[", '"'}:
            whole = _Piece(0, len(text), text, is_string=False)
            return list(_alone(whole, self._detectors))
        groups: dict[tuple[str, ...], list[_Piece]] = {}
        edits: list[_Edit] = []
        worthwhile = self._worthwhile(text)
        for piece in _pieces(text, is_stream=is_stream):
            if piece.group is not None:
                groups.setdefault(piece.group, []).append(piece)
            elif piece.is_secret:
                edits.append(_Edit(piece.start, piece.end, _quoted("[redacted:field]")))
            else:
                edits.extend(_alone(piece, worthwhile))
        for members in groups.values():
            edits.extend(self._together(members))
        return edits

    def _worthwhile(self, text: str) -> tuple[Detector, ...]:
        """Return the detectors that may find something in single pieces of a whole body."""
        if "\\u" in text:
            return self._detectors
        return tuple(detector for detector in self._detectors if detector.may_find(text))

    def _together(self, members: list[_Piece]) -> Iterable[_Edit]:
        """Search texts that follow each other as one; the marker goes where a find begins."""
        spans = find("".join(piece.text for piece in members), self._detectors)
        if not spans:
            return
        offset = first = 0
        for piece in members:
            end = offset + len(piece.text)
            while first < len(spans) and spans[first].end <= offset:
                first += 1
            last = first
            while last < len(spans) and spans[last].start < end:
                last += 1
            if last > first:
                part = _part(piece.text, offset, spans[first:last])
                yield _Edit(piece.start, piece.end, _quoted(part))
            offset = end


def _alone(piece: _Piece, detectors: Sequence[Detector]) -> Iterable[_Edit]:
    spans = find(piece.text, detectors)
    if not spans:
        return
    if piece.is_string:
        yield _Edit(piece.start, piece.end, _quoted(_part(piece.text, 0, spans)))
        return
    for span in spans:
        marker = f"[redacted:{span.name}]"
        # A number of a JSON body becomes a string; in a text that is no JSON nobody minds.
        if piece.text[: span.start].rstrip()[-1:] in {":", "[", ","}:
            marker = _quoted(marker)
        yield _Edit(piece.start + span.start, piece.start + span.end, marker)


def _pieces(text: str, *, is_stream: bool) -> Iterable[_Piece]:
    """Yield every string of JSON, decoded, and every text between two, line by line. A string that
    does not end, as in a body that was cut, ends with its line.
    """
    place = 0
    while place < len(text):
        # A line feed cannot stand in a JSON string, so a broken line spoils no other.
        end = text.find("\n", place) + 1 or len(text)
        if end - place > 1:
            yield from _line_pieces(text[place:end], place, is_stream=is_stream)
        place = end


def _line_pieces(line: str, offset: int, *, is_stream: bool) -> Iterable[_Piece]:
    indexes = tuple(_INDEX.findall(line)) if is_stream else ()
    done = 0
    name = ""
    value_at = -1
    for match in _STRING.finditer(line):
        start, end = match.span()
        if start > done and not line[done:start].isspace():
            yield _Piece(offset + done, offset + start, line[done:start], is_string=False)
        done = end
        text = _decoded(match[1])
        colon = _COLON.match(line, end)
        is_value = start == value_at
        piece = _Piece(offset + start, offset + end, text, is_string=True)
        if colon is not None:
            name, value_at = text, colon.end()
        elif is_value and is_stream and name in _GROWING:
            piece.group = (name, *indexes)
        elif is_value and len(name) <= 96 and text and SECRET_FIELDS.fullmatch(name):
            piece.is_secret = True
        yield piece
    if done < len(line):
        yield _Piece(offset + done, offset + len(line), line[done:], is_string=False)


def _decoded(raw: str) -> str:
    """Undo the escapes of a JSON string, in one that is broken as far as they can be read."""
    if "\\" not in raw:
        return raw
    try:
        value = json.loads(f'"{raw}"', strict=False)
    except ValueError:
        return _ESCAPE.sub(_meant, raw)
    return value if isinstance(value, str) else raw


def _meant(match: re.Match[str]) -> str:
    code, char = match.groups()
    return chr(int(code, 16)) if code else _MEANT.get(char, char)


def _quoted(text: str) -> str:
    return json.dumps(text)


def _part(text: str, offset: int, spans: Iterable[Span]) -> str:
    """Strike `spans` out of `text`, which begins at `offset` of the text they count in."""
    kept: list[str] = []
    place = 0
    for span in spans:
        kept.append(text[place : max(0, span.start - offset)])
        if span.start >= offset:
            kept.append(f"[redacted:{span.name}]")
        place = span.end - offset
    kept.append(text[place:])
    return "".join(kept)


def _spliced(text: str, edits: list[_Edit]) -> str:
    parts: list[str] = []
    place = 0
    for edit in sorted(edits, key=lambda edit: edit.start):
        parts += (text[place : edit.start], edit.text)
        place = edit.end
    parts.append(text[place:])
    return "".join(parts)
