"""The conventions' words, and our own where they have none."""

from tests.journal.entries import WELL, entry, failed_over

from understudy.telemetry.genai import attempt_attributes, request_attributes, spans


def test_a_request_is_a_span_with_one_below_it_for_each_attempt():
    request, first, second = spans(failed_over(at=100.0))
    assert (request.name, request.kind, request.parent) == ("chat assistant", "server", None)
    assert (first.name, first.kind, first.parent) == ("chat large", "client", 0)
    assert (request.start, request.end) == (100.0, 101.6)
    assert (second.start, second.end) == (100.6, 101.6)
    assert [span.is_error for span in (request, first, second)] == [False, True, False]


def test_cached_tokens_are_part_of_the_input():
    found = attempt_attributes(entry(), WELL)
    assert {name: value for name, value in found.items() if "usage" in name} == {
        "gen_ai.usage.input_tokens": 120,
        "gen_ai.usage.output_tokens": 40,
        "gen_ai.usage.cache_read.input_tokens": 20,
        "gen_ai.usage.reasoning.output_tokens": 5,
    }


def test_an_attempt_names_provider_and_model_without_the_keys_number():
    failed = failed_over().attempts[0]
    found = attempt_attributes(entry(), failed)
    assert found == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "there",
        "gen_ai.request.model": "large",
        "gen_ai.request.stream": True,
        "http.response.status_code": 503,
        "error.type": "any.overloaded",
        "understudy.attempt": 1,
        "understudy.target": "there/large#2",
        "understudy.outcome": "any.overloaded",
        "understudy.charged_to": "model",
    }


def test_a_request_says_who_answered_and_what_was_lost():
    found = request_attributes(entry(losses=("a",), seam=9, failure="any.cut", outcome="cut"))
    assert found["gen_ai.request.model"] == "assistant"
    assert found["gen_ai.response.model"] == "small"
    assert found["gen_ai.response.time_to_first_chunk"] == 0.25
    assert found["error.type"] == "any.cut"
    assert found["understudy.losses"] == ("a",)
    assert found["understudy.seam"] == 9
    assert found["understudy.cost_usd"] == 0.5


def test_what_is_not_known_is_not_said():
    found = request_attributes(
        entry(target=None, first_content=None, usage=None, cost_usd=None, attempts=())
    )
    assert not {name for name in found if "usage" in name or "response.m" in name or "cost" in name}


def test_an_attempt_given_up_for_nobodys_fault_is_no_error():
    request = failed_over()
    given_up = [spans(entry(attempts=(each,)))[1] for each in request.attempts]
    assert [span.is_error for span in given_up] == [True, False]


def test_bodies_are_never_attributes():
    said = entry(request_body=b"canary", response_body=b"canary")
    assert "canary" not in repr(spans(said)[0].attributes)


def test_other_operations_are_called_what_they_are():
    request, first = spans(entry(operation="embeddings", attempts=(WELL,)))
    assert (request.name, first.name) == ("embeddings assistant", "embeddings small")
    assert request.attributes["gen_ai.operation.name"] == "embeddings"
    assert first.attributes["gen_ai.operation.name"] == "embeddings"
