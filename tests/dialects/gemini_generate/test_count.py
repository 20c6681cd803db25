"""Counts of tokens, as both of Google's hosts take and give them."""

import json

import pytest
from msgspec.structs import replace
from tests.dialects.gemini_generate.talk import ENDPOINT, VERTEX, asked, dump

from understudy.chat.errors import InvalidRequest
from understudy.dialects.counting import Counting
from understudy.dialects.gemini_generate.count import COUNTS

PATH = "/v1beta/models/gemini-2.5-flash:countTokens"
CONTENTS = [{"role": "user", "parts": [{"text": "hi"}]}]
WRAPPED = {"generateContentRequest": {"model": "models/x", "contents": CONTENTS}}


def counting(body: object, path: str = PATH) -> Counting:
    return Counting(COUNTS, dump(body), path)


@pytest.mark.parametrize(
    "body",
    [
        {"contents": CONTENTS},
        WRAPPED,
        {"generate_content_request": {"contents": CONTENTS}},
    ],
)
def test_what_is_counted_is_found_in_either_form(body: object) -> None:
    one = counting(body)
    assert one.model() == "gemini-2.5-flash"
    request = one.parse_request(dump(body), PATH)
    assert request.messages[0].parts[0].text == "hi"  # type: ignore[union-attr]
    assert json.loads(one.guess()) == {"totalTokens": 5}


def test_each_host_is_asked_as_it_wants_to_be() -> None:
    body = json.loads(asked(system_instruction={"parts": [{"text": "be brief"}]}))
    one = counting({**body, "safetySettings": []})
    request = one.parse_request(dump(body), PATH)
    at_gemini, _ = one.build_request(request, ENDPOINT)
    assert at_gemini.path == "/v1beta/models/gemini-2.5-flash:countTokens"
    inside = json.loads(at_gemini.body)["generateContentRequest"]
    assert inside["model"] == "models/gemini-2.5-flash"
    assert inside["systemInstruction"]["parts"] == [{"text": "be brief"}]
    place = "/v1/projects/p/locations/l/publishers/google/models/{model}:generateContent"
    at_vertex, _ = one.build_request(request, replace(VERTEX, path=place))
    assert at_vertex.path == place.replace("{model}", ENDPOINT.model).replace(
        "generateContent", "countTokens"
    )
    assert set(json.loads(at_vertex.body)) == {"contents", "systemInstruction"}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "contents"),
        ({"generateContentRequest": 7}, "generateContentRequest"),
        ({"contents": CONTENTS, "generateContentRequest": {}}, "contents"),
    ],
)
def test_mistakes_are_told(body: object, path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        counting(body).model()
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("said", "total"),
    [
        (b'{"totalTokens":31,"promptTokensDetails":[]}', 31),
        (b'{"totalTokens":"31"}', 31),
        (b'{"totalTokens":31,"totalBillableCharacters":96}', 31),
    ],
)
def test_an_answer_says_how_many(said: bytes, total: int) -> None:
    assert COUNTS.total(said) == total
