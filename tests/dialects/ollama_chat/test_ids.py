"""Names for calls without one."""

from understudy.dialects.ollama_chat.ids import call_id


def test_a_call_is_named_by_its_place() -> None:
    assert call_id(3, 1) == "call_3_1"
    assert call_id(3, 1) == call_id(3, 1) != call_id(3, 2)
