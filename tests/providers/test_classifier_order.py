"""The classifier against a plain reading of all rows in order, for any signal."""

import re

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from tests.providers.test_classifier import signal_of

from understudy.chat.failure import Fault, Progress, Scope, Signal, Surface
from understudy.providers.classifier import Classifier
from understudy.providers.taxonomy import Row, load_taxonomy

ROWS = load_taxonomy().rows
CLASSIFIER = Classifier(ROWS)
PROVIDERS = st.sampled_from(sorted({row.provider for row in ROWS} | {"somebody"}))
WORDS = (
    st.none()
    | st.text(max_size=30)
    | st.sampled_from(
        sorted(
            {
                word
                for row in ROWS
                for found in (row.match.code, row.match.type, row.match.event, row.match.flag)
                for word in ((found,) if isinstance(found, str) else found or ())
            }
        )
    )
)
SIGNALS = st.builds(
    Signal,
    surface=st.sampled_from(Surface),
    status=st.none() | st.integers(-1, 1000) | st.sampled_from([400, 401, 403, 404, 429, 500, 503]),
    code=WORDS,
    type=WORDS,
    message=st.text(max_size=200) | st.sampled_from([row.match.message_re or "" for row in ROWS]),
    event=WORDS,
    finish=WORDS,
    flag=WORDS,
    retry_after=st.none() | st.floats(),
    should_retry=st.none() | st.booleans(),
)


@given(provider=PROVIDERS, signal=SIGNALS, progress=st.sampled_from(Progress))
def test_every_signal_means_something(provider, signal, progress):
    failure = CLASSIFIER.classify(provider, signal, progress)
    assert failure.reactions or signal.should_retry is False
    assert failure.message
    assert failure.fault is Fault.UPSTREAM or failure.charge is Scope.NONE
    assert failure.retry_after is None or failure.retry_after > 0
    assert failure.progress is progress


@given(
    row=st.sampled_from(ROWS),
    field=st.sampled_from(["status", "code", "type", "message", "event", "finish", "flag"]),
    other=SIGNALS,
)
def test_an_example_with_one_field_changed_still_means_something(row, field, other):
    changed = msgspec.structs.replace(signal_of(row), **{field: getattr(other, field)})
    failure = CLASSIFIER.classify(row.provider, changed, Progress.SENT)
    assert failure.reactions
    assert failure.message


@given(provider=PROVIDERS, signal=SIGNALS)
def test_the_index_finds_what_reading_all_rows_in_order_finds(provider, signal):
    expected = selected(provider, signal)
    kind = CLASSIFIER.classify(provider, signal, Progress.SENT).kind
    if expected is None:
        assert kind.startswith("default.") or signal.surface is not Surface.HTTP
    else:
        assert kind == expected


def in_order(provider: str) -> list[Row]:
    own = [row for row in ROWS if row.provider == provider and provider != "*"]
    common = [row for row in ROWS if row.provider == "*"]
    return own + common


def is_bare(row: Row) -> bool:
    asked = msgspec.structs.asdict(row.match)
    return asked.pop("status") is not None and not any(asked.values())


def selected(provider: str, signal: Signal) -> str | None:
    found = next((row for row in in_order(provider) if fits(row, signal)), None)
    if found is not None and is_bare(found):
        telling = (row for row in in_order("*") if row.match.message_re and fits(row, signal))
        found = next(telling, found)
    return None if found is None else found.id


def fits(row: Row, signal: Signal) -> bool:
    if row.surface == "http" and signal.surface is not Surface.HTTP:
        return False
    for name in ("status", "code", "type", "event", "finish", "flag"):
        wanted, seen = getattr(row.match, name), getattr(signal, name)
        if wanted is not None and seen not in (wanted if isinstance(wanted, tuple) else (wanted,)):
            return False
    pattern = row.match.message_re
    return pattern is None or re.search(pattern, signal.message, re.IGNORECASE) is not None
