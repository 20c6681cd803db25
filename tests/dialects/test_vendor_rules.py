"""Awkward requests in every dialect: what is written is taken by the vendor, and nothing of it is
dropped in silence.
"""

import json

import pytest
from tests.dialects.awkward import CASES
from tests.dialects.awkward_more import MORE
from tests.dialects.tongues.all import TONGUES
from tests.dialects.translation import alike, missing
from tests.every import every

from understudy.chat.endpoint import Endpoint
from understudy.dialects.catalog import CHATS
from understudy.dialects.translating import translate

ALL = CASES | MORE

RENAMED = {"bad_name", "long_name", "dot_name"}
"""Another name comes back: what is missing then has other words (test_names.py)."""


@pytest.mark.parametrize("case", ALL)
def test_what_is_written_is_taken_and_nothing_is_dropped_in_silence(case):
    every(TONGUES, lambda dialect: assert_taken(case, dialect))


def assert_taken(case: str, dialect: str) -> None:
    tongue, request = TONGUES[dialect], ALL[case]
    endpoint = Endpoint(dialect, "m", tongue.path, "someone")
    written, losses, names = translate(request, CHATS[dialect], endpoint)
    tongue.valid(json.loads(written.body))
    again = CHATS[dialect].parse_request(written.body, written.path)
    assert case in RENAMED or not names
    if case in RENAMED and names:
        return
    for path, kind, value in missing(request, again):
        assert alike(request, losses, kind, value), (path, kind, value)
