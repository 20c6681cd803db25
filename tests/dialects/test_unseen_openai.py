"""Answers of OpenAI's dialects that nobody recorded, in all other dialects."""

import pytest
from tests.dialects import (
    unseen_answers,
    unseen_asides,
    unseen_bodies,
    unseen_chat,
    unseen_events,
    unseen_hosts,
    unseen_local,
    unseen_odd,
    unseen_responses,
    unseen_routers,
    unseen_servers,
    unseen_texts,
)
from tests.dialects.tongues.all import TONGUES
from tests.dialects.unseen import (
    assert_heard,
    assert_skimmed,
    assert_uncuttable,
    assert_understood,
)
from tests.every import every

CASES = [
    *unseen_chat.STREAMS,
    *unseen_hosts.STREAMS,
    *unseen_routers.STREAMS,
    *unseen_bodies.WHOLES,
    *unseen_answers.WHOLES,
    *unseen_responses.WHOLES,
    *unseen_events.STREAMS,
    *unseen_servers.STREAMS,
    *unseen_odd.STREAMS,
    *unseen_odd.WHOLES,
    *unseen_local.STREAMS,
    *unseen_local.WHOLES,
    *unseen_texts.STREAMS,
    *unseen_texts.WHOLES,
    *unseen_asides.OPENAI,
]
GOOD = [case for case in CASES if not case.fails]


def name(case):
    return f"{case.dialect} {'streamed' if case.stream else 'whole'}: {case.id}"


def test_every_case_has_a_name_of_its_own():
    assert len({name(case) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=name)
def test_it_is_understood(case):
    assert_understood(case)


@pytest.mark.parametrize("case", [case for case in CASES if case.stream], ids=name)
def test_cutting_it_changes_nothing(case):
    assert_uncuttable(case)


@pytest.mark.parametrize("case", [case for case in GOOD if not case.stream], ids=name)
def test_a_skim_says_the_same(case):
    assert_skimmed(case)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("case", GOOD, ids=name)
def test_every_official_client_hears_it(case, stream):
    every(TONGUES, lambda target: assert_heard(case, target, stream=stream))
