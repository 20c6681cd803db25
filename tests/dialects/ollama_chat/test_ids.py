"""Names for calls without one."""

from understudy.dialects.ollama_chat.ids import answered_id, asked_id


def test_a_call_of_a_request_is_named_by_its_place() -> None:
    assert asked_id(3, 1) == "call_3_1"
    assert asked_id(3, 1) == asked_id(3, 1) != asked_id(3, 2)


def test_calls_of_different_answers_have_different_names() -> None:
    first, second = "2026-04-01T10:00:00.123456789Z", "2026-04-01T10:00:07.5Z"
    assert answered_id(first, 0) == "call_20260401100000123456789_0"
    assert len({answered_id(at, number) for at in (first, second) for number in (0, 1)}) == 4
    assert answered_id("", 2) == "call_x_2"
    assert len(answered_id("9" * 1000, 0)) <= 40, "the longest that OpenAI takes"
