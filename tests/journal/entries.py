"""Entries for tests: a request that went well, and one that failed over."""

from pathlib import Path

import msgspec

from understudy.chat.usage import Usage
from understudy.journal.entry import AttemptEntry, RequestEntry
from understudy.journal.store import Store

AT = 1_700_000_000.0
USAGE = Usage(input_tokens=100, cache_read_tokens=20, output_tokens=40, reasoning_tokens=5)

WELL = AttemptEntry(
    number=1,
    target="here/small",
    started=0.0,
    ended=1.0,
    outcome="ok",
    connected=0.1,
    head=0.2,
    first_content=0.25,
    status=200,
    usage=USAGE,
    cost_usd=0.5,
)
BADLY = AttemptEntry(
    number=1,
    target="there/large#2",
    started=0.0,
    ended=0.5,
    outcome="any.overloaded",
    connected=0.1,
    head=0.4,
    status=503,
    charge="model",
    message="too busy",
)


def entry(number: int = 1, at: float = AT, **changes: object) -> RequestEntry:
    """One that went well at the first try, but for `changes`."""
    plain = RequestEntry(
        id=f"us-test-{number:x}",
        at=at,
        duration=1.0,
        caller="shop",
        dialect="toy",
        route="assistant",
        stream=True,
        outcome="ok",
        status=200,
        attempts=(WELL,),
        target="here/small",
        first_content=0.25,
        usage=USAGE,
        cost_usd=0.5,
        request_bytes=300,
        response_bytes=900,
    )
    return msgspec.structs.replace(plain, **changes)


def failed_over(number: int = 1, at: float = AT, **changes: object) -> RequestEntry:
    """One whose first target was overloaded."""
    second = msgspec.structs.replace(WELL, number=2, started=0.6, first_content=0.85, ended=1.6)
    changes = {"attempts": (BADLY, second), "duration": 1.6, "first_content": 0.85, **changes}
    return entry(number, at, **changes)


def write(path: Path, *entries: RequestEntry) -> None:
    """Write them into a journal, without bodies."""
    store = Store(path, AT)
    assert store.write([(each, None) for each in entries]) == len(entries)
    store.close()
