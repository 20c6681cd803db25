"""Detectors: the shapes of secrets and of personal data, each found in time linear in the text.

Every repeat is bounded or cannot overlap what follows it, so no text makes a search explode.
"""

import pkgutil
import re
from collections.abc import Callable, Iterable
from typing import Final

import msgspec


class Detector(msgspec.Struct, frozen=True):
    """One shape. A text without any of `needles` is not searched; no needles: every text is.

    `group` of the pattern is struck out, where `confirms` agrees (None: always). A longer text is
    searched in parts of `window` characters, so that no search holds up the process; each part
    overlaps the next by a quarter, and what is longer than that may be missed. A text shorter than
    `least` holds none.
    """

    name: str
    needles: tuple[str, ...]
    pattern: re.Pattern[str]
    group: int = 0
    confirms: Callable[[str], bool] | None = None
    window: int = 16 * 1024
    least: int = 6

    def may_find(self, text: str) -> bool:
        """Tell quickly whether a search is worth its while."""
        if len(text) < self.least:
            return False
        return not self.needles or any(needle in text for needle in self.needles)


class Span(msgspec.Struct, frozen=True, order=True, gc=False):
    """A part of a text that must go, and what it is."""

    start: int
    end: int
    name: str


def passes_luhn(number: str) -> bool:
    """Tell whether the digits end in the right check digit (ISO/IEC 7812-1 annex B)."""
    total = 0
    for place, digit in enumerate(int(char) for char in reversed(number) if char.isdigit()):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def is_no_word(text: str) -> bool:
    """Tell whether there is anything in a text that prose ("a basic demonstration") has not."""
    return any(char.isdigit() or char in "=_+/" for char in text)


class _Prefixes(msgspec.Struct):
    prefixes: dict[str, str]


def _key_prefixes() -> tuple[str, ...]:
    data = pkgutil.get_data("understudy.journal", "key_prefixes.json")
    assert data is not None
    return tuple(msgspec.json.decode(data, type=_Prefixes).prefixes)


_KEY_PREFIXES: Final = _key_prefixes()
_KEYS: Final = "|".join(re.escape(prefix) for prefix in _KEY_PREFIXES)

# No card's number begins with 1, as every time of this century does, or with 7 to 9 (ISO/IEC
# 7812-1). After "." it is a fraction, beside a letter an id. The first digit leads: the search
# skips quickly to one.
_CARD: Final = (
    r"[2-6](?<![0-9A-Za-z.][2-6])[0-9]{3}(?:"
    r"([ -]?)[0-9]{4}\1[0-9]{4}\1[0-9]{4}"
    r"|(?<=3[0-9]{3})([ -]?)[0-9]{6}\2[0-9]{4,5}"
    r"|(?<=62[0-9]{2})[0-9]{13,15}"
    r")(?![0-9A-Za-z]|\.[0-9])"
)

_ASSIGNED: Final = (
    r"(?i:(?<![a-z])(?:api[_-]?key|secret[_-]?(?:access[_-]?)?key|client[_-]?secret|access[_-]?token"
    r"|refresh[_-]?token|auth[_-]?token|password|passwd)(?![a-z]))"
    r"[\"'\\]{0,2}\s{0,4}[:=]\s{0,4}[\"'\\]{0,2}([^\s\"'\\,;&}]{4,512})"
)

BUILTIN: Final = (
    Detector(
        "private-key",
        ("PRIVATE KEY-----",),
        re.compile(
            r"-----BEGIN [A-Z ]{0,32}PRIVATE KEY-----[^-]{0,8192}"
            r"(?:-----END [A-Z ]{0,32}PRIVATE KEY-----)?"
        ),
    ),
    Detector(
        "token",
        ("eyJ",),
        re.compile(
            r"(?<![\w-])eyJ[\w-]{8,4096}\.[\w-]{8,8192}\.[\w-]{0,4096}",
            re.ASCII,
        ),
    ),
    Detector(
        "key",
        _KEY_PREFIXES,
        re.compile(rf"(?<![A-Za-z0-9])(?:{_KEYS})[A-Za-z0-9_-]{{16,}}"),
    ),
    # Our own, as `understudy keygen` makes them; request ids begin the same and are much shorter.
    Detector("key", ("us-",), re.compile(r"(?<![A-Za-z0-9])us-[A-Za-z0-9_-]{43}(?![\w-])")),
    Detector("key", ("AIza",), re.compile(r"(?<![A-Za-z0-9])AIza[0-9A-Za-z_-]{35}")),
    Detector("token", ("ya29.",), re.compile(r"(?<![A-Za-z0-9])ya29\.[0-9A-Za-z_-]{20,2048}")),
    Detector(
        "key",
        ("AKIA", "ASIA"),
        re.compile(r"(?<![A-Za-z0-9+/])(?:AKIA|ASIA)[0-9A-Z]{16}(?![A-Za-z0-9+/])"),
    ),
    Detector(
        "authorization",
        ("earer ", "EARER ", "asic ", "BASIC "),
        re.compile(r"(?i:(?<![a-z])(?:bearer|basic)) {1,4}([A-Za-z0-9._~+/=-]{12,8192})"),
        group=1,
        confirms=is_no_word,
    ),
    Detector(
        "password",
        ("://",),
        re.compile(r"://[^\s/:@\"]{0,128}:([^\s/@\"]{1,256})@"),
        group=1,
    ),
    Detector(
        "secret",
        ("key", "KEY", "Key", "ecret", "SECRET", "oken", "TOKEN", "assw", "ASSW"),
        re.compile(_ASSIGNED),
        group=1,
    ),
    Detector(
        "email",
        ("@",),
        re.compile(
            r"(?<![\w.%+'-])[\w.%+'-]{1,64}@[A-Za-z0-9][A-Za-z0-9-]{0,62}"
            r"(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62}){0,7}\.[A-Za-z][A-Za-z0-9-]{1,62}"
        ),
    ),
    Detector("card", (), re.compile(_CARD), confirms=passes_luhn, least=14),
)

SECRET_FIELDS: Final = re.compile(
    r"(?:proxy-)?authorization|(?:[a-z0-9]{1,24}[-_]){0,3}api[-_]?key|password|passwd|cookie|set-cookie"
    r"|(?:client|aws|shared|app)?[-_]?secret(?:[-_]?(?:access[-_]?)?key)?|private[-_]?key"
    r"|(?:access|refresh|id|auth|session|bearer|security|x-amz-security)[-_]?token",
    re.IGNORECASE,
)
"""Names of fields whose text is a secret, whatever it looks like."""


def find(text: str, detectors: Iterable[Detector]) -> list[Span]:
    """Return what must go from `text`, in order, none overlapping another."""
    found: list[Span] = []
    for detector in detectors:
        if not detector.may_find(text):
            continue
        overlap = detector.window // 4
        for start in range(0, max(1, len(text) - overlap), detector.window):
            end = min(len(text), start + detector.window + overlap)
            found.extend(_search(detector, text, start, end))
    return _merge(found) if len(found) > 1 else found


def _search(detector: Detector, text: str, start: int, end: int) -> Iterable[Span]:
    for match in detector.pattern.finditer(text, start, end):
        begin, stop = match.span(detector.group)
        if begin < stop and (detector.confirms is None or detector.confirms(match[0])):
            yield Span(begin, stop, detector.name)


def _merge(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.start < merged[-1].end:
            first = merged[-1]
            merged[-1] = Span(first.start, max(first.end, span.end), first.name)
        else:
            merged.append(span)
    return merged
