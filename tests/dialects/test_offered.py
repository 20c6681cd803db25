import msgspec
import pytest

from understudy.chat.endpoint import Endpoint, Limits
from understudy.chat.loss import Loss
from understudy.chat.request import Choice, HostedTool, Request, Sampling, Tool, ToolChoice
from understudy.dialects.offered import offered

ANY = Endpoint("openai_chat", "m", "/", "someone")
SEARCH = HostedTool("gemini_generate", "search", "search", msgspec.Raw(b"{}"))


def schema_of(schema: bytes) -> tuple[object, list[Loss]]:
    losses: list[Loss] = []
    request = offered(
        Request("m", (), tools=(Tool("f", None, msgspec.Raw(schema)),)), ANY, losses
    ).request
    tool = request.tools[0]
    assert isinstance(tool, Tool)
    assert tool.schema is not None
    return msgspec.json.decode(tool.schema), losses


@pytest.mark.parametrize("schema", [b"{}", b'{"type":"object","x":{"anyOf":[]}}', b"true"])
def test_a_schema_that_anyone_takes_stays(schema):
    assert schema_of(schema) == (msgspec.json.decode(schema), [])


def test_arguments_are_an_object():
    said, losses = schema_of(b'{"type":["object","null"],"properties":{}}')
    assert said == {"type": "object", "properties": {}}
    assert [loss.token for loss in losses] == ["~tools[0]"]


def test_no_union_stands_at_the_top():
    said, losses = schema_of(b'{"anyOf":[{"type":"object"}],"title":"t"}')
    assert said == {"type": "object", "title": "t"}
    assert [loss.token for loss in losses] == ["~tools[0]"]


@pytest.mark.parametrize(
    ("mode", "tokens"), [(Choice.AUTO, []), (Choice.NONE, []), (Choice.REQUIRED, ["tool_choice"])]
)
def test_there_is_no_choice_among_no_tools(mode, tokens):
    losses: list[Loss] = []
    choice = ToolChoice(mode)
    request = offered(
        Request("m", (), tool_choice=choice, parallel_tool_calls=True), ANY, losses
    ).request
    assert (request.tool_choice, request.parallel_tool_calls) == (None, None)
    assert [loss.token for loss in losses] == tokens


def test_who_wants_several_log_probabilities_wants_them():
    request = offered(Request("m", (), sampling=Sampling(top_logprobs=3)), ANY, []).request
    assert request.sampling.logprobs is True
    assert offered(Request("m", ()), ANY, []).request.sampling.logprobs is None


@pytest.mark.parametrize(
    ("name", "raw", "tokens"),
    [
        ("f", None, []),
        ("search", None, []),
        ("zz", None, ["tool_choice"]),
        ("zz", msgspec.Raw(b"{}"), []),
    ],
)
def test_a_choice_is_one_of_what_is_offered(name, raw, tokens):
    losses: list[Loss] = []
    choice = ToolChoice(Choice.NAMED, name, raw=raw)
    request = Request("m", (), tools=(Tool("f"), SEARCH), tool_choice=choice)
    made = offered(request, ANY, losses).request
    assert made.tool_choice == (None if tokens else choice)
    assert [loss.token for loss in losses] == tokens


def test_no_two_tools_have_one_name_and_there_are_not_too_many():
    losses: list[Loss] = []
    endpoint = Endpoint("openai_chat", "m", "/", "someone", limits=Limits(tools=2))
    tools = (Tool("f"), Tool("f", "other"), SEARCH, Tool("g"), Tool("h"))
    made, numbers = offered(Request("m", (), tools=tools), endpoint, losses)
    assert numbers == [0, 2, 3]
    assert made.tools == (Tool("f"), SEARCH, Tool("g"))
    assert [loss.token for loss in losses] == ["tools[1]", "tools[4]"]
