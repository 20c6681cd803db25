from understudy.chat.events import PartKind, PartStarted
from understudy.chat.loss import Change
from understudy.dialects.openai_responses.layout import Layout, unsayable
from understudy.dialects.openai_responses.schema import Raw

TEXT = PartKind.TEXT


def laid(*starts, customs=()):
    layout = Layout("resp_1", frozenset(customs))
    return [layout.place(start) for start in starts]


def test_texts_that_follow_each_other_are_one_message():
    one, two = laid(PartStarted(0, TEXT), PartStarted(1, PartKind.REFUSAL))
    assert (one.output, one.inner, one.is_first) == (0, 0, True)
    assert (two.output, two.inner, two.is_first) == (0, 1, False)
    assert one.item == two.item == "msg_1_0"


def test_what_stood_in_two_items_does_so_again():
    one, two = laid(PartStarted(0, TEXT, item="a"), PartStarted(1, TEXT, item="b"))
    assert [(place.output, place.item) for place in (one, two)] == [(0, "a"), (1, "b")]


def test_a_call_is_an_item_of_its_own():
    call = PartStarted(1, PartKind.TOOL_CALL, id="c", name="f")
    found = laid(PartStarted(0, TEXT), call, PartStarted(2, TEXT))
    assert [place.output for place in found] == [0, 1, 2]
    assert [place.kind for place in found] == ["message", "function_call", "message"]


def test_a_tool_that_takes_free_text_is_called_so():
    call = PartStarted(0, PartKind.TOOL_CALL, id="c", name="patch")
    assert laid(call, customs=["patch"])[0].kind == "custom_tool_call"


def test_thoughts_of_others_are_marked_by_their_id():
    other = PartStarted(0, PartKind.REASONING, field="thinking")
    own = PartStarted(1, PartKind.REASONING, field="summary", item="rs_9")
    assert [place.item for place in laid(other, own)] == ["rs_us_1_0", "rs_9"]


def test_an_id_is_used_once():
    call = PartStarted(1, PartKind.TOOL_CALL, id="c", name="f", item="x")
    again = PartStarted(2, TEXT, item="x")
    one, two = laid(call, again)
    assert one.item == "x"
    assert two.item != "x"


def test_what_cannot_be_said_is_told():
    assert unsayable(PartStarted(0, TEXT)) is None
    assert unsayable(PartStarted(0, TEXT, choice=1)) is not None
    assert unsayable(PartStarted(0, PartKind.IMAGE)) is not None
    assert unsayable(PartStarted(0, PartKind.OPAQUE, dialect="x", raw=Raw(b"{}"))) is not None
    audio = unsayable(PartStarted(0, PartKind.AUDIO))
    assert audio is not None
    assert audio.change is Change.CHANGED
