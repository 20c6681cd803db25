from understudy.dialects.openai_responses.ids import item_id, response_id


def test_a_strong_id_stays():
    assert response_id("resp_0123456789") == "resp_0123456789"
    assert response_id("chatcmpl-0123456789abcdef") == "chatcmpl-0123456789abcdef"


def test_a_weak_id_is_made_another_for_each_answer():
    one = response_id("chatcmpl-7", 1, "m", ("hello",))
    assert one.startswith("resp_")
    assert one == response_id("chatcmpl-7", 1, "m", ("hello",))
    assert one != response_id("chatcmpl-7", 1, "m", ("goodbye",))
    assert response_id("", 1) != response_id("", 2)
    assert response_id("x/" * 20).startswith("resp_")


def test_ids_of_items_say_what_they_are_and_are_short():
    assert item_id("msg", "resp_1", 0) == "msg_1_0"
    long = item_id("rs_us", "x" * 200, 12)
    assert long.startswith("rs_us_")
    assert len(long) <= 64
