"""Requests, bytes to the neutral model."""

import pytest
from msgspec import Raw
from tests.dialects.openai_completions.talk import built, parsed

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import Text
from understudy.chat.request import Message, Role, Sampling


def test_every_field_has_its_place() -> None:
    request = parsed(
        stream=True,
        stream_options={"include_usage": True, "x": 1},
        max_tokens=9,
        temperature=0.5,
        top_p=0.9,
        n=2,
        seed=7,
        stop=["a", "b"],
        presence_penalty=0.1,
        frequency_penalty=0.2,
        logit_bias={"50256": -100},
        user="u",
        suffix="end",
        echo=True,
        best_of=3,
        logprobs=2,
    )
    assert request.messages == (Message(Role.USER, (Text("Say this is a test"),)),)
    assert request.stream
    assert request.wants_usage
    assert request.max_output_tokens == 9
    assert request.stop == ("a", "b")
    assert request.user == "u"
    assert request.sampling == Sampling(
        temperature=0.5,
        top_p=0.9,
        n=2,
        seed=7,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        logit_bias=Raw(b'{"50256": -100}'),
    )
    assert request.extensions["openai_completions"].keys() == {
        "suffix",
        "echo",
        "best_of",
        "logprobs",
        "stream_options.x",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"stop": ["a"], "logprobs": 0, "echo": False},
        {"stream": True, "stream_options": {"include_usage": True, "x": 1}},
        {"suffix": "end", "best_of": 2, "n": 2, "unheard_of": [1]},
    ],
)
def test_what_is_read_is_written_as_it_was(fields: dict) -> None:
    body, losses = built(parsed(**fields))
    assert losses == []
    assert body.pop("prompt") == "Say this is a test"
    assert body.pop("model") == "gpt-3.5-turbo-instruct"
    assert body == fields


def test_a_list_of_one_prompt_is_that_prompt() -> None:
    assert parsed(prompt=["a"]).messages[0].parts == (Text("a"),)
    assert parsed(stop="x").stop == ("x",)


@pytest.mark.parametrize(
    ("fields", "path", "said"),
    [
        ({"prompt": ["a", "b"]}, "prompt", "expected one prompt, found 2"),
        ({"prompt": [1, 2]}, "prompt", "found tokens"),
        ({"prompt": [[1, 2]]}, "prompt", "found tokens"),
        ({"prompt": {}}, "prompt", "found an object"),
        ({"prompt": None}, "prompt", "found nothing"),
        ({"stop": 1}, "stop", "found a number"),
        ({"n": "x"}, "n", "found a string"),
        ({"stream_options": 1}, "stream_options", "found a number"),
    ],
)
def test_the_callers_mistakes_have_a_place(fields: dict, path: str, said: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        parsed(**fields)
    assert refused.value.path == path
    assert said in refused.value.reason
