"""What a translation says of itself, and that no rule is passed over that has something to say."""

from typing import Any

import msgspec
import pytest
from tests.dialects.keeper import Keeper, answered, asked, called
from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.parts import CacheHint, Text
from understudy.chat.request import (
    Choice,
    Format,
    Message,
    ReasoningConfig,
    Request,
    ResponseFormat,
    Role,
    Sampling,
    Tool,
    ToolChoice,
)
from understudy.dialects.translating import translate

_PLAIN = Request("m", (asked(),), user="somebody", sampling=Sampling(temperature=0.5))


def test_losses_name_a_message_by_the_number_that_it_had():
    keeper: Any = Keeper()
    messages = (called("1"), asked(), answered("1"))
    _, losses, _ = translate(Request("m", messages), keeper, Endpoint("x", "m", "/", "someone"))
    assert [loss.path for loss in losses] == [
        "messages[2]",
        *(f"messages[{number}].name" for number in (0, 2, 1)),
    ]


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("tools", (Tool("look"), Tool("look")), "tools[1]"),
        ("tool_choice", ToolChoice(Choice.REQUIRED), "tool_choice"),
        ("response_format", ResponseFormat(Format.JSON), "response_format"),
        ("reasoning", ReasoningConfig(effort="max"), "reasoning.effort"),
        ("messages", (answered("1"),), "messages[0].parts[0]"),
        ("user", "u" * 65, "user"),
        ("max_output_tokens", 0, "max_output_tokens"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_rule_has_its_say(name, value, path):
    losses, _ = _translated(**{name: value})
    assert path in [loss.path for loss in losses]


def test_too_many_marks_of_texts_alone_are_seen():
    marked = tuple(Text("x", cache=CacheHint()) for _ in range(5))
    losses, _ = _translated(messages=(Message(Role.USER, marked),))
    assert losses[0].path == "messages[0].parts[0].cache"


def test_what_is_dropped_or_added_without_a_loss_is_so_for_texts_alone_too():
    assert _translated(parallel_tool_calls=True)[1].parallel_tool_calls is None
    assert _translated(sampling=Sampling(top_logprobs=2))[1].sampling.logprobs is True


def test_texts_and_numbers_are_written_as_they_are_and_keep_all_losses():
    limit = Loss("max_output_tokens", "1, not 0", Change.CHANGED)
    assert _translated() == ((Loss("messages[0].name", "x"),), _PLAIN)
    losses, _ = _translated(max_output_tokens=0)
    assert losses == (limit, Loss("messages[0].name", "x"))


def _translated(**changed: Any) -> tuple[tuple[Loss, ...], Request]:
    """What is lost, and what is asked for, on the way to a host that knows users and marks."""
    keeper: Any = _Whole()
    where = Endpoint("openai_chat", "m", "/", "someone", accepts=frozenset({"cache"}))
    where = msgspec.structs.replace(where, limits=msgspec.structs.replace(where.limits, user=64))
    request = msgspec.structs.replace(_PLAIN, **changed)
    return translate(request, keeper, where).losses, keeper.request


class _Whole(Keeper):
    """Keeps the whole request."""

    request: Request

    @override
    def build_request(self, request: Request, where: Endpoint) -> Any:
        self.request = request
        return super().build_request(request, where)
