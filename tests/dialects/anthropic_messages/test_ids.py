"""Ids of calls."""

from hypothesis import given
from hypothesis import strategies as st

from understudy.dialects.anthropic_messages.ids import CallIds, clean_id


def test_a_good_id_stays():
    assert clean_id("toolu_01-A") == "toolu_01-A"


@given(st.text())
def test_every_id_becomes_good_and_stays_the_same(call_id):
    clean = clean_id(call_id)
    assert clean.replace("_", "").replace("-", "").isascii()
    assert clean
    assert clean_id(clean) == clean == clean_id(call_id)


def test_bad_ids_stay_apart():
    assert len({clean_id(bad) for bad in ("a b", "a.b", "a:b", "", " ")}) == 5


def test_a_result_follows_the_latest_call_of_its_id():
    ids = CallIds()
    assert [ids.for_call("a"), ids.for_result("a")] == ["a", "a"]
    assert [ids.for_call("a"), ids.for_call("a"), ids.for_result("a")] == ["a_2", "a_3", "a_3"]
    ids.next_turn()
    assert [ids.for_call("a"), ids.for_result("a")] == ["a", "a"]
    assert ids.for_result("b c") == clean_id("b c")
