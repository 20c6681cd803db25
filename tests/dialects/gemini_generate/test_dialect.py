"""The dialect as the gateway sees it."""

import json

from tests.dialects.gemini_generate.talk import ASKED_AT, ENDPOINT, STREAMED_AT, asked

from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.dialects.base import LEAF, Edits, failure_at
from understudy.dialects.gemini_generate import DIALECT
from understudy.dialects.paths import Paths


def test_a_request_that_stays_keeps_its_bytes() -> None:
    body = asked()
    assert DIALECT.edit_request(body, Edits("other")) == body
    assert DIALECT.path(ENDPOINT, stream=True).replace(LEAF, "alt=sse") == STREAMED_AT
    assert DIALECT.path(ENDPOINT, stream=False) == ASKED_AT


def test_it_is_spoken_at_both_of_googles_places() -> None:
    paths = Paths({DIALECT.name: DIALECT})
    vertex = b"/v1/projects/p/locations/l/publishers/google/models/m:"
    for path in (b"/v1beta/models/m:", b"/v1/models/m:", vertex):
        assert paths.find(path + b"generateContent") is DIALECT
        assert paths.find(path + b"streamGenerateContent") is DIALECT
        assert paths.find(path + b"countTokens") is None


def test_an_error_of_an_array_stands_in_one() -> None:
    failure = Failure("x", Fault.CLIENT, "request", Scope.NONE, Progress.SENT, "no", status=400)
    plain = DIALECT.render_failure(failure)
    for query, is_array in (("", True), ("?alt=json", True), ("?alt=sse", False)):
        path = f"/v1beta/models/m:streamGenerateContent{query}"
        status, headers, body = failure_at(DIALECT, failure, path)
        said = json.loads(body)
        assert (status, headers) == plain[:2]
        assert (said[0] if is_array else said) == json.loads(plain[2])
    assert failure_at(DIALECT, failure, ASKED_AT) == plain


def test_models_are_listed_with_what_they_can_do() -> None:
    listed = json.loads(DIALECT.render_models(["a", "b"]))
    assert [model["name"] for model in listed["models"]] == ["models/a", "models/b"]
    assert json.loads(DIALECT.render_model("b")) == listed["models"][1]


def test_nothing_secret_is_forwarded() -> None:
    fields = DIALECT.forwarded_headers()
    assert b"x-goog-api-client" in fields
    assert not fields & {b"x-goog-api-key", b"authorization", b"x-goog-user-project"}
