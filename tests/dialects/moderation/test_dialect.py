"""Bodies are from OpenAI's and Mistral's API references (August 2026), shortened."""

import json

import pytest

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Failed, Finished
from understudy.dialects.base import Edits
from understudy.dialects.catalog import OPERATIONS
from understudy.dialects.moderation.dialect import DEFAULT
from understudy.operations.moderation import Moderated
from understudy.wire.http import ResponseHead

OPENAI, MISTRAL = OPERATIONS["openai_moderation"], OPERATIONS["mistral_moderation"]
JSON = ResponseHead(200, ((b"content-type", b"application/json"),))
OPENAIS = {
    "id": "modr-1",
    "model": "omni-moderation-latest",
    "results": [
        {
            "flagged": True,
            "categories": {"hate": False, "violence/graphic": True, "self-harm": False},
            "category_scores": {"hate": 0.001, "violence/graphic": 0.97, "self-harm": 1e-05},
            "category_applied_input_types": {"hate": ["text"]},
        }
    ],
}
MISTRALS = {
    "id": "mod-1",
    "model": "mistral-moderation-2603",
    "results": [
        {
            "categories": {"hate_and_discrimination": True, "pii": True, "selfharm": False},
            "category_scores": {"hate_and_discrimination": 0.9, "pii": 0.8, "selfharm": 0.01},
        }
    ],
}


def events_of(dialect, body: object):
    data = json.dumps(body).encode()
    decoder = dialect.decoder(JSON, stream=False)
    items = [*decoder.receive_data(data), *decoder.receive_eof()]
    return [event for item in items for event in item.events]


def told(dialect, events):
    encoder = dialect.encoder(OPENAI.parse_request(b'{"model":"m","input":"a"}'))
    body = json.loads(b"".join(encoder.send(event) for event in events))
    return body, [loss.path for loss in encoder.losses]


@pytest.mark.parametrize(("dialect", "body"), [(OPENAI, OPENAIS), (MISTRAL, MISTRALS)])
def test_an_answer_comes_back_as_it_was(dialect, body):
    events = events_of(dialect, body)
    assert isinstance(events[-1], Finished)
    assert told(dialect, events) == (body, [])


def test_mistrals_verdict_in_openais_words():
    body, losses = told(OPENAI, events_of(MISTRAL, MISTRALS))
    (result,) = body["results"]
    assert result["flagged"] is True
    assert result["categories"] == {"hate": True, "self-harm": False}
    assert result["category_scores"]["hate"] == 0.9
    assert losses == ["answer.results[0].pii"]


def test_what_flags_only_in_a_category_without_a_name_is_flagged_all_the_same():
    only = {"id": "x", "model": "m", "results": [{"categories": {"pii": True, "sexual": False}}]}
    body, losses = told(OPENAI, events_of(MISTRAL, only))
    assert body["results"][0]["flagged"] is True
    assert losses == ["answer.results[0].pii"]


def test_openais_verdict_in_mistrals_words():
    body, losses = told(MISTRAL, events_of(OPENAI, OPENAIS))
    (result,) = body["results"]
    assert result["categories"] == {"hate_and_discrimination": False, "selfharm": False}
    assert "answer.results[0].violence/graphic" in losses
    assert "answer.results" in losses


def test_a_request_without_a_model_means_the_default_and_can_be_edited():
    assert OPENAI.glance(b'{"input":"a"}').model == DEFAULT
    assert OPENAI.edit_request(b'{"input":"a"}', Edits("m")) == b'{"model":"m","input":"a"}'
    assert OPENAI.edit_request(b'{"model":"x","input":"a"}', Edits("m")) == (
        b'{"model":"m","input":"a"}'
    )


@pytest.mark.parametrize(
    ("given", "count"),
    [("a", 1), (["a", "b"], 2), ([{"type": "text", "text": "a"}, {"type": "image_url"}], 1)],
)
def test_inputs_survive_and_are_counted(given: object, count: int):
    body = json.dumps({"model": "m", "input": given}).encode()
    glance = OPENAI.glance(body)
    assert glance.expected is not None
    assert glance.expected.count == count
    assert (Capability.VISION in glance.needs.capabilities) == ("image_url" in str(given))
    request = OPENAI.parse_request(body)
    written, losses = OPENAI.build_request(request, Endpoint("openai_moderation", "m", "/x", "p"))
    assert json.loads(written.body)["input"] == given
    assert not losses


@pytest.mark.parametrize("given", [None, [], 3, [3], ["a", 3]])
def test_a_mistake_is_refused(given: object):
    with pytest.raises(InvalidRequest):
        OPENAI.parse_request(json.dumps({"model": "m", "input": given}).encode())


@pytest.mark.parametrize("results", [None, [{}], [{"categories": {"a": 3}}], 3])
def test_what_is_no_verdict_is_never_taken_for_harmless(results: object):
    (event,) = events_of(OPENAI, {"results": results})
    assert isinstance(event, Failed)


def test_flags_are_what_the_lab_says():
    end = events_of(OPENAI, OPENAIS)[-1]
    assert isinstance(end, Finished)
    assert isinstance(end.result, Moderated)
    assert end.result.verdicts[0].is_flagged
