"""Ids of calls: good ones stay, others become good, and two stay two."""

from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.tongues.bedrock_converse import CALL_ID

from understudy.dialects.bedrock_converse.ids import CallIds, clean_id


@given(st.text(max_size=80), st.text(max_size=80))
def test_every_id_becomes_good_and_two_stay_two(one: str, other: str) -> None:
    assert CALL_ID.fullmatch(clean_id(one))
    assert (clean_id(one) == clean_id(other)) == (one == other)


def test_good_ids_stay() -> None:
    for good in ("tooluse_VQNZJRUFMoqZzszVsRd4og", "call.1:2", "toolu_01"):
        assert clean_id(good) == good


def test_a_result_has_its_calls_id_and_one_of_a_turn_is_used_once() -> None:
    ids = CallIds()
    assert [ids.for_call("a"), ids.for_call("a")] == ["a", "a_2"]
    assert ids.for_result("a") == "a_2"
    ids.next_turn()
    assert ids.for_call("a") == "a"
    assert ids.for_result("unknown id") == clean_id("unknown id")
