"""Counts of tokens, as Vertex AI takes and gives them."""

import json

import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.dialects.catalog import CHATS, COUNTS
from understudy.dialects.counting import Counting
from understudy.dialects.paths import Paths

CLAUDE = CHATS["vertex_anthropic"]
(COUNTED,) = [each for each in COUNTS if each.chat is CLAUDE]
MODELS = "/v1/projects/p/locations/us-east5/publishers/anthropic/models"
PATH = f"{MODELS}/count-tokens:rawPredict"
SAID = {"messages": [{"role": "user", "content": "hi"}], "anthropic_version": "vertex-2023-10-16"}
BODY = json.dumps({"model": "a/b@1", "temperature": 1, **SAID}).encode()
ENDPOINT = Endpoint(CLAUDE.name, "claude-x@2", f"{MODELS}/{{model}}:rawPredict", "vertex")


def test_the_body_names_the_model_and_another_one_counts() -> None:
    counting = Counting(COUNTED, BODY, PATH)
    assert counting.model() == "a/b@1"
    assert counting.glance(BODY, PATH).must_change
    written, _ = counting.build_request(counting.parse_request(BODY, PATH), ENDPOINT)
    assert json.loads(written.body) == {"model": "claude-x@2", **SAID}
    assert written.path == counting.path(ENDPOINT, stream=False) == PATH
    assert json.loads(counting.guess()) == {"input_tokens": 5}


@pytest.mark.parametrize("model", [{}, {"model": 3}, {"model": None}])
def test_without_a_model_nobody_counts(model: dict[str, object]) -> None:
    body = json.dumps({**SAID, **model}).encode()
    with pytest.raises(InvalidRequest, match="model"):
        Counting(COUNTED, body, PATH).model()


def test_its_name_is_no_models() -> None:
    paths = Paths({CLAUDE.name: CLAUDE}, [COUNTED.paths])
    for path in COUNTED.paths:
        asked = path.format(project="p", location="l").encode()
        assert paths.find(asked) is None
        assert paths.find(asked.replace(b"count-tokens", b"claude-x")) is CLAUDE
