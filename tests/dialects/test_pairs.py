from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.keeper import Keeper, answered, asked, called

from understudy.chat.endpoint import Endpoint
from understudy.chat.parts import (
    CacheHint,
    Citation,
    Image,
    Inline,
    Text,
    ToolCall,
    ToolResult,
)
from understudy.chat.request import Message, Request, Role
from understudy.dialects.pairs import NO_RESULT
from understudy.dialects.translating import translate


def run(*messages: Message) -> tuple[list[Message], list[str]]:
    keeper: Any = Keeper()
    _, losses, _ = translate(Request("m", messages), keeper, Endpoint("x", "m", "/", "someone"))
    tokens = [loss.token for loss in losses if not loss.path.endswith(".name")]
    return keeper.messages, tokens


def test_what_pairs_is_left_as_it_is():
    messages = [asked(), called("1", "2"), answered("2"), answered("1"), asked(), called("1")]
    assert run(*messages, answered("1")) == ([*messages, answered("1")], [])


def test_a_late_result_is_moved_to_its_call():
    said, tokens = run(asked(), called("1"), asked("wait"), answered("1"))
    assert said == [asked(), called("1"), answered("1"), asked("wait")]
    assert tokens == ["~messages[3]"]


def test_results_of_two_turns_in_one_message_are_parted():
    said, _ = run(called("1"), called("2"), answered("1", "2"))
    assert said == [called("1"), answered("1"), called("2"), answered("2")]


def test_a_call_without_a_result_is_said_to_have_none():
    said, tokens = run(called("1", "2"), answered("1"), asked())
    missing = Message(Role.TOOL, (ToolResult("2", (Text(NO_RESULT),)),))
    assert said == [called("1", "2"), answered("1"), missing, asked()]
    assert tokens == ["~messages[0]"]


def test_an_id_that_is_used_again_is_answered_again():
    said, _ = run(called("1"), asked(), called("1"), answered("1"))
    assert [message.role.value for message in said] == [
        "assistant", "tool", "user", "assistant", "tool",
    ]  # fmt: skip


def test_a_result_of_no_call_is_said_as_text():
    picture = Image(Inline("image/png", "AAAA"))
    mark = CacheHint("1h")
    words = (Text("sun", mark, (Citation("T"),)), Text("ny"))
    result = ToolResult("9", (*words, picture), name="weather", is_error=True, cache=mark)
    said, tokens = run(asked(), Message(Role.TOOL, (result,)))
    text = Text("Result of weather: sunny", mark)
    assert said == [asked(), Message(Role.USER, (text,))]
    assert tokens == [
        "~messages[1].parts[0]",
        "messages[1].parts[0].is_error",
        "messages[1].parts[0].content[0].cache",
        "messages[1].parts[0].content[0].citations",
        "messages[1].parts[0].content[2]",
    ]


def test_calls_of_one_id_are_told_apart():
    said, tokens = run(called("1", "1", ""), answered("1", "1"), answered(""))
    ids = ["1", "call_0_1", "call_0_2"]
    assert [part.id for part in said[0].parts if isinstance(part, ToolCall)] == ids
    results = [
        part.call_id
        for message in said[1:]
        for part in message.parts
        if isinstance(part, ToolResult)
    ]
    assert results == ids
    assert tokens == [
        "~messages[0].parts[1].id",
        "~messages[0].parts[2].id",
        "~messages[1].parts[1].call_id",
        "~messages[2].parts[0].call_id",
    ]


IDS = st.lists(st.sampled_from("123"), min_size=1, max_size=3)


@given(
    st.lists(
        st.one_of(
            st.just(asked()),
            IDS.map(lambda ids: called(*ids)),
            IDS.map(lambda ids: answered(*ids)),
        ),
        max_size=8,
    )
)
def test_afterwards_every_call_is_answered_at_once_and_nothing_else(messages):
    said, _ = run(*messages)
    open_ids: list[str] = []
    for message in said:
        results = [part.call_id for part in message.parts if isinstance(part, ToolResult)]
        assert bool(results) == bool(open_ids)
        for id_ in results:
            open_ids.remove(id_)
        open_ids += [part.id for part in message.parts if isinstance(part, ToolCall)]
    assert not open_ids
    assert run(*said) == (said, [])
