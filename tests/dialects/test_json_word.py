import pytest

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Loss
from understudy.chat.parts import Text
from understudy.chat.request import Format, Message, Request, ResponseFormat, Role
from understudy.dialects.json_word import WORDS, with_json_word

ALL = frozenset(Capability)


def said(
    dialect: str, kind: Format, *texts: str, can: frozenset[Capability] = ALL
) -> tuple[list[str], list[str]]:
    roles = (Role.SYSTEM, Role.USER)
    messages = tuple(Message(role, (Text(text),)) for role, text in zip(roles, texts, strict=True))
    endpoint = Endpoint(dialect, "m", "/", "someone", capabilities=can)
    losses: list[Loss] = []
    request = Request("m", messages, response_format=ResponseFormat(kind))
    added = with_json_word(request, endpoint, losses).messages[2:]
    words = [part.text for m in added for part in m.parts if isinstance(part, Text)]
    return words, [loss.token for loss in losses]


@pytest.mark.parametrize(
    ("dialect", "texts"),
    [
        ("openai_chat", ("be brief", "list them")),
        ("openai_responses", ("be brief", "list them")),
        ("openai_responses", ("use JSON", "list them")),
    ],
)
def test_the_word_is_added_where_it_is_demanded(dialect, texts):
    assert said(dialect, Format.JSON, *texts) == ([WORDS], ["~response_format"])


@pytest.mark.parametrize(
    ("dialect", "kind", "texts"),
    [
        ("openai_chat", Format.JSON, ("use JSON", "list them")),
        ("openai_responses", Format.JSON, ("be brief", "as json")),
        ("openai_chat", Format.SCHEMA, ("be brief", "list them")),
        ("openai_chat", Format.TEXT, ("be brief", "list them")),
        ("ollama_chat", Format.JSON, ("be brief", "list them")),
    ],
)
def test_elsewhere_nothing_is_said(dialect, kind, texts):
    assert said(dialect, kind, *texts) == ([], [])


def test_a_schema_that_becomes_plain_json_needs_it_too():
    can = ALL - {Capability.JSON_SCHEMA}
    assert said("openai_chat", Format.SCHEMA, "a", "b", can=can)[0] == [WORDS]
    assert said("openai_chat", Format.JSON, "a", "b", can=can - {Capability.JSON_MODE})[0] == []
