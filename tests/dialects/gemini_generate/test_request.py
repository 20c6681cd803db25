"""Requests, bytes to the neutral model."""

import json

import pytest
from tests.dialects.gemini_generate.talk import ASKED_AT, STREAMED_AT, again, asked, dump, parsed

from understudy.chat.errors import InvalidRequest
from understudy.chat.request import Choice, HostedTool, Tool, ToolChoice
from understudy.dialects.gemini_generate import DIALECT
from understudy.dialects.gemini_generate.schema import NAME

SCHEMA = {"type": "object", "properties": {"a_b": {"type": "string"}}}


def test_the_path_says_model_and_stream() -> None:
    assert (parsed().model, parsed().stream) == ("gemini-2.5-flash", False)
    assert parsed(STREAMED_AT).stream
    assert parsed("", model="models/x").model == "x"


@pytest.mark.parametrize("name", ["parametersJsonSchema", "parameters_json_schema"])
def test_functions_have_schemas_in_either_spelling(name: str) -> None:
    functions = [{"name": "f", "description": "d", name: SCHEMA, "behavior": "BLOCKING"}]
    (tool,) = parsed(tools=[{"function_declarations": functions}]).tools
    assert isinstance(tool, Tool)
    assert (tool.name, tool.description) == ("f", "d")
    assert tool.schema is not None
    assert json.loads(bytes(tool.schema)) == SCHEMA
    assert list(tool.extensions[NAME]) == ["behavior"]


def test_schemas_of_openapi_become_json_schemas() -> None:
    theirs = {"type": "OBJECT", "properties": {"a_b": {"type": "STRING"}}}
    (tool,) = parsed(tools=[{"functionDeclarations": [{"name": "f", "parameters": theirs}]}]).tools
    assert isinstance(tool, Tool)
    assert tool.schema is not None
    assert json.loads(bytes(tool.schema)) == SCHEMA


def test_tools_that_google_runs_are_kept_whole() -> None:
    first, second = parsed(tools=[{"googleSearch": {}}, {"code_execution": {"x": 1}}]).tools
    assert isinstance(first, HostedTool)
    assert isinstance(second, HostedTool)
    assert (first.kind, bytes(first.raw)) == ("googleSearch", b'{"googleSearch":{}}')
    assert json.loads(bytes(second.raw)) == {"codeExecution": {"x": 1}}


@pytest.mark.parametrize(
    ("config", "choice"),
    [
        ({"mode": "AUTO"}, ToolChoice(Choice.AUTO)),
        ({"mode": 3}, ToolChoice(Choice.NONE)),
        ({"mode": "ANY", "allowedFunctionNames": []}, ToolChoice(Choice.REQUIRED)),
        ({"mode": "ANY", "allowed_function_names": ["f"]}, ToolChoice(Choice.NAMED, "f")),
        ({}, ToolChoice(Choice.AUTO)),
    ],
)
def test_choices_of_tools(config: dict, choice: ToolChoice) -> None:
    assert parsed(toolConfig={"functionCallingConfig": config}).tool_choice == choice


def test_a_choice_that_only_they_have_is_kept() -> None:
    config = {"mode": "VALIDATED", "allowedFunctionNames": ["f", "g"]}
    found = parsed(tool_config={"function_calling_config": config, "retrievalConfig": {"a": 1}})
    choice = found.tool_choice
    assert choice is not None
    assert (choice.mode, choice.dialect) == (Choice.AUTO, NAME)
    assert choice.raw is not None
    assert json.loads(bytes(choice.raw)) == config
    assert bytes(found.extensions[NAME]["toolConfig"]) == b'{"retrievalConfig":{"a": 1}}'


def test_what_the_neutral_model_does_not_know_is_kept() -> None:
    found = parsed(safetySettings=[1], cached_content="cachedContents/x", labels={"a": "b"})
    assert sorted(found.extensions[NAME]) == ["cachedContent", "labels", "safetySettings"]


def test_lone_objects_stand_for_arrays_of_one_as_google_takes_them() -> None:
    function = {"name": "tide", "parameters": SCHEMA}
    lone = {
        "contents": {"role": "user", "parts": {"text": "high?"}},
        "system_instruction": {"parts": {"text": "be brief"}},
        "tools": {"function_declarations": function},
    }
    full = {
        "contents": [{"role": "user", "parts": [{"text": "high?"}]}],
        "systemInstruction": {"parts": [{"text": "be brief"}]},
        "tools": [{"functionDeclarations": [function]}],
    }
    assert again(dump(lone)) == again(dump(full))


def test_words_and_numbers_are_taken_as_google_takes_them() -> None:
    loose = {
        "contents": [{"role": "USER", "parts": [{"text": "high?"}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "any"}},
        "generationConfig": {
            "temperature": "0.5",
            "maxOutputTokens": "300",
            "thinkingConfig": {"thinkingBudget": "64"},
        },
    }
    strict = {
        "contents": [{"role": "user", "parts": [{"text": "high?"}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
        "generationConfig": {
            "temperature": 0.5,
            "maxOutputTokens": 300,
            "thinkingConfig": {"thinkingBudget": 64},
        },
    }
    assert again(dump(loose)) == again(dump(strict))


def test_one_content_may_stand_alone() -> None:
    body = dump({"contents": {"parts": [{"text": "a"}]}})
    assert len(DIALECT.parse_request(body, ASKED_AT).messages) == 1


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"contents": []}, "contents"),
        ({"contents": "x"}, "contents"),
        ({"tools": 7}, "tools"),
        ({"tools": [{"functionDeclarations": [{}]}]}, "tools.0.functionDeclarations.0.name"),
        ({"tools": [{"functionDeclarations": [
            {"name": "f", "parameters": {}, "parametersJsonSchema": {}}]}]},
         "tools.0.functionDeclarations.0.parameters"),
        ({"toolConfig": {"functionCallingConfig": {"mode": "MUST"}}},
         "toolConfig.functionCallingConfig.mode"),
        ({"systemInstruction": 7}, "systemInstruction"),
        ({"generationConfig": 7}, "generationConfig"),
    ],
)  # fmt: skip
def test_mistakes_are_named(fields: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        DIALECT.parse_request(asked(**fields), ASKED_AT)
    assert caught.value.path == path
