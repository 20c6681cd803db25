"""Names for calls without one."""

from understudy.dialects.gemini_generate.ids import answered_id, asked_id


def test_a_call_of_a_request_is_named_by_its_place() -> None:
    assert asked_id(3, 1) == "call_3_1"
    assert asked_id(3, 1) != asked_id(3, 2)


def test_calls_of_two_answers_have_two_names() -> None:
    assert answered_id("r1", 0) == "call_r1_0"
    assert answered_id("r1", 0) != answered_id("r2", 0)
    assert answered_id("", 0) == "call_x_0"
