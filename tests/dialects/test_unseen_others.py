"""Answers of Anthropic, Google, AWS and Cohere that nobody recorded, in all other dialects."""

import pytest
from tests.dialects import (
    unseen_anthropic,
    unseen_anthropic_tools,
    unseen_asides,
    unseen_bedrock,
    unseen_cohere,
    unseen_gemini,
    unseen_gemini_more,
    unseen_mistral,
)
from tests.dialects.tongues.all import TONGUES
from tests.dialects.unseen import (
    assert_heard,
    assert_skimmed,
    assert_uncuttable,
    assert_understood,
)
from tests.dialects.unseen_others import (
    assert_again,
    assert_broken,
    assert_told,
    backwards,
    enveloped,
    names,
    respelled,
    with_nulls,
)
from tests.every import every

CASES = [
    *unseen_anthropic.THOUGHTS,
    *unseen_anthropic.CALLED,
    *unseen_anthropic.STOPPED,
    *unseen_anthropic_tools.COUNTED,
    *unseen_anthropic_tools.HOSTED,
    *unseen_anthropic_tools.CITATIONS,
    *unseen_gemini.THOUGHTS,
    *unseen_gemini.CALLED,
    *unseen_gemini.STOPPED,
    *unseen_gemini_more.SHOWN,
    *unseen_gemini_more.BESIDE,
    *unseen_gemini_more.COUNTED,
    *unseen_gemini_more.FORMS,
    *unseen_bedrock.THOUGHTS,
    *unseen_bedrock.CALLING,
    *unseen_bedrock.STOPPED,
    *unseen_bedrock.MORE,
    *unseen_cohere.TALK,
    *unseen_cohere.CITED,
    *unseen_cohere.COUNTED,
    *unseen_cohere.STOPPED,
    *unseen_mistral.FILLED,
    *unseen_asides.OTHERS,
]
CLAUDE = [case for case in CASES if case.dialect == unseen_anthropic.NAME]
BROKEN = [
    *unseen_anthropic.BROKEN,
    *unseen_gemini_more.BROKEN,
    *unseen_bedrock.BROKEN,
    *unseen_cohere.BROKEN,
]
STREAMS = [*(case for case in CASES if case.stream), *(each.case for each in BROKEN)]
WHOLE = [case for case in CASES if not case.stream]


def test_every_case_has_a_name_of_its_own():
    found = names([*CASES, *(each.case for each in BROKEN)])
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_it_is_understood(case):
    assert_understood(case)


@pytest.mark.parametrize("case", CLAUDE, ids=names(CLAUDE))
def test_it_is_understood_in_an_envelope(case):
    assert_understood(enveloped(case))


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_it_is_understood_however_it_is_spelled(case):
    every([backwards, with_nulls], lambda way: assert_understood(respelled(case, way)))


@pytest.mark.parametrize("case", STREAMS, ids=names(STREAMS))
def test_cutting_it_changes_nothing(case):
    assert_uncuttable(case)


@pytest.mark.parametrize("case", WHOLE, ids=names(WHOLE))
def test_a_skim_says_the_same(case):
    assert_skimmed(case)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_every_official_client_hears_it(case, stream):
    def check(target):
        if target == case.dialect:
            assert_again(case, stream=stream)
        else:
            assert_heard(case, target, stream=stream)

    every(TONGUES, check)


@pytest.mark.parametrize("broken", BROKEN, ids=names(each.case for each in BROKEN))
def test_a_break_is_seen_for_what_it_is(broken):
    assert_broken(broken)


@pytest.mark.parametrize("broken", BROKEN, ids=names(each.case for each in BROKEN))
def test_every_official_client_is_told_of_a_break(broken):
    every(TONGUES, lambda target: assert_told(broken, target))
