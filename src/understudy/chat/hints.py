"""Retry hints in an answer's header, read with distrust: a wrong one must not park a target."""

import re
from datetime import UTC, datetime

from understudy.wire.http import Headers

LONGEST = 3600.0
"""Seconds. A longer wait is cut to this: the provider may be asked again after an hour."""

_NUMBER = re.compile(rb"\d{1,9}(?:\.\d{1,9})?")
_MILLISECONDS = (b"retry-after-ms", b"x-ms-retry-after-ms")
_MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_DATES = (
    # RFC 9110 §5.6.7: IMF-fixdate, and the two obsolete forms that a recipient must read as well.
    re.compile(
        rb"\w{3}, (?P<day>\d\d) (?P<month>\w{3}) (?P<year>\d{4}) "
        rb"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d) GMT"
    ),
    re.compile(
        rb"\w{6,9}, (?P<day>\d\d)-(?P<month>\w{3})-(?P<year>\d\d) "
        rb"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d) GMT"
    ),
    re.compile(
        rb"\w{3} (?P<month>\w{3}) (?P<day>[ \d]\d) "
        rb"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d) (?P<year>\d{4})"
    ),
)


def retry_after(headers: Headers) -> float | None:
    """Seconds to wait as the header says, from 0 to LONGEST; None where it says nothing usable.

    Milliseconds win over seconds; zero milliseconds mean unknown (Azure sends them). A date counts
    from the answer's own `date`, for want of a clock. Negative, doubled or otherwise malformed
    values are no hint.
    """
    for name in _MILLISECONDS:
        wait = _seconds(_only(headers, name))
        if wait:
            return min(wait / 1000, LONGEST)
    value = _only(headers, b"retry-after")
    wait = _seconds(value)
    if wait is None:
        wait = _until(value, _only(headers, b"date"))
    return None if wait is None else min(wait, LONGEST)


def should_retry(headers: Headers) -> bool | None:
    """What `x-should-retry` says (OpenAI, Anthropic); None where it says nothing."""
    match _only(headers, b"x-should-retry"):
        case b"true":
            return True
        case b"false":
            return False
        case _:
            return None


def _only(headers: Headers, name: bytes) -> bytes | None:
    """The field's value, if it is there exactly once."""
    values = [value for key, value in headers if key == name]
    return values[0].strip() if len(values) == 1 else None


def _seconds(value: bytes | None) -> float | None:
    if value is None or _NUMBER.fullmatch(value) is None:
        return None
    return float(value)


def _until(value: bytes | None, since: bytes | None) -> float | None:
    then, now = http_date(value), http_date(since)
    if then is None or now is None or then < now:
        return None
    return (then - now).total_seconds()


def http_date(value: bytes | None) -> datetime | None:
    """Read an HTTP-date."""
    found = None
    for form in _DATES:
        found = found or form.fullmatch(value or b"")
    if found is None or found["month"] not in _MONTHS:
        return None
    year = int(found["year"])
    try:
        return datetime(
            year + 2000 if year < 100 else year,
            _MONTHS.index(found["month"]) + 1,
            int(found["day"]),
            int(found["hour"]),
            int(found["minute"]),
            min(int(found["second"]), 59),  # a leap second
            tzinfo=UTC,
        )
    except ValueError:
        return None
