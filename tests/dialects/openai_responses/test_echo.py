import json

from tests.dialects.openai_responses.talk import parse

from understudy.dialects.openai_responses.echo import echo
from understudy.dialects.openai_responses.schema import encode

TOOL = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": True}


def test_what_was_asked_for_is_repeated():
    said = echo(
        parse(
            "x",
            tools=[TOOL],
            tool_choice="required",
            temperature=0.1,
            reasoning={"effort": "low"},
            text={"verbosity": "low"},
            store=False,
        )
    )
    plain = json.loads(encode(said))
    assert plain["tools"] == [TOOL]
    assert (plain["tool_choice"], plain["temperature"]) == ("required", 0.1)
    assert plain["reasoning"] == {"effort": "low", "summary": None}
    assert plain["text"] == {"verbosity": "low"}
    assert plain["store"] is False


def test_what_was_not_said_holds_by_default():
    plain = json.loads(encode(echo(parse("x"))))
    assert (plain["tools"], plain["tool_choice"], plain["parallel_tool_calls"]) == (
        [],
        "auto",
        True,
    )
    assert plain["text"] == {"format": {"type": "text"}}
    assert plain["store"] is True
