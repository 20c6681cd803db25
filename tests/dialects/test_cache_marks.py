import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.loss import Loss
from understudy.chat.parts import CacheHint, Text, ToolCall, ToolResult
from understudy.chat.request import Message, Request, Role, Tool
from understudy.dialects.cache_marks import MOST, with_few_marks

MARK = CacheHint()
HOUR = CacheHint("1h")
CLAUDE = Endpoint("anthropic_messages", "m", "/", "someone")


def text(word: str, hint: CacheHint | None = MARK) -> Text:
    return Text(word, cache=hint)


def few(request: Request, endpoint: Endpoint = CLAUDE) -> tuple[Request, list[str]]:
    losses: list[Loss] = []
    return with_few_marks(request, endpoint, losses), [loss.token for loss in losses]


def told(*parts: Text) -> Request:
    return Request("m", (Message(Role.USER, parts),))


def test_four_marks_stay_as_they_are():
    request = told(*(text(str(number)) for number in range(MOST)))
    assert few(request) == (request, [])


def test_of_more_the_last_stay():
    request, tokens = few(told(*(text(str(number)) for number in range(MOST + 2))))
    assert [part.cache for part in request.messages[0].parts] == [None, None, *[MARK] * MOST]  # type: ignore[union-attr]
    assert tokens == ["messages[0].parts[0].cache", "messages[0].parts[1].cache"]


def test_the_order_is_that_of_the_prompt_tools_system_messages():
    request = Request(
        "m",
        (
            Message(Role.USER, (text("a"), text(" "))),
            Message(Role.ASSISTANT, (ToolCall("1", "f", "{}", cache=MARK),)),
            Message(Role.TOOL, (ToolResult("1", (text("b"),), cache=MARK),)),
            Message(Role.SYSTEM, (text("c"),)),
        ),
        tools=(Tool("f", cache=MARK),),
        cache=MARK,
    )
    made, tokens = few(request)
    assert tokens == ["tools[0].cache", "messages[3].parts[0].cache", "messages[0].parts[0].cache"]
    assert made.tools == (Tool("f"),)
    assert made.messages[2] == request.messages[2]
    assert made.cache == MARK


def test_the_mark_for_all_is_the_last_of_all():
    request = Request(
        "m", told(*(text(str(number)) for number in range(MOST))).messages, cache=MARK
    )
    assert few(request)[1] == ["messages[0].parts[0].cache"]


def test_lasting_marks_stand_before_the_others():
    request, tokens = few(told(text("a", HOUR), text("b"), text("c", HOUR)))
    hints = [part.cache for part in request.messages[0].parts]  # type: ignore[union-attr]
    assert hints == [HOUR, MARK, CacheHint("5m")]
    assert tokens == ["~messages[0].parts[2].cache"]


@pytest.mark.parametrize(("accepts", "lost"), [(frozenset(), 0), (frozenset({"cache"}), 1)])
def test_hosts_that_take_marks_take_as_many_and_others_say_themselves_that_they_take_none(
    accepts, lost
):
    endpoint = Endpoint("openai_chat", "m", "/", "someone", accepts=accepts)
    request = told(*(text(str(number)) for number in range(MOST + 1)))
    assert len(few(request, endpoint)[1]) == lost
