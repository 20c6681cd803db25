"""Arguments that come piece by piece."""

import json

import pytest

from understudy.dialects.gemini_generate.partial import Growing
from understudy.dialects.gemini_generate.schema import decode_raws


def grown(*pieces: dict) -> object:
    growing = Growing("c", "f")
    for piece in pieces:
        growing.receive(decode_raws(json.dumps({"partialArgs": [piece]}).encode()), {})
    return json.loads(growing.arguments())


def test_strings_go_on_where_they_ended() -> None:
    first = {"jsonPath": "$.city", "stringValue": "Par", "willContinue": True}
    assert grown(first, {"jsonPath": "$.city", "stringValue": "is"}) == {"city": "Paris"}


def test_every_kind_of_value_finds_its_place() -> None:
    assert grown(
        {"jsonPath": "$.a[0].b", "numberValue": 1.5},
        {"jsonPath": "$.a[1]", "boolValue": True},
        {"jsonPath": "$['odd key'][\"x\"]", "nullValue": "NULL_VALUE"},
        {"jsonPath": "$.empty"},
    ) == {"a": [{"b": 1.5}, True], "odd key": {"x": None}, "empty": ""}


def test_whole_arguments_stay_as_they_are() -> None:
    growing = Growing("c", "f")
    assert growing.arguments() == "{}"
    growing.receive(decode_raws(b'{"args":{"a": 1}}'), {})
    assert growing.arguments() == '{"a": 1}'


@pytest.mark.parametrize("path", ["", "a", "$", "$.a[", "$.a[7]", "$..a"])
def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        grown({"jsonPath": path, "stringValue": "x"})
