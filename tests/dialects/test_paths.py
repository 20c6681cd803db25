"""Which dialect a path is of, and what it says."""

import pytest
from tests.contract.toy import Toy
from typing_extensions import override

from understudy.dialects.catalog import DIALECTS, SPOKEN
from understudy.dialects.paths import Paths, ends_as, matched, unquote

PATTERN = "/v1beta/models/{model}:generateContent"


class Pathy(Toy):
    @override
    def chat_paths(self) -> tuple[str, ...]:
        return (PATTERN, "/model/{model}/converse")


def test_fixed_paths_and_patterns_lead_to_their_dialects() -> None:
    pathy = Pathy("pathy")
    paths = Paths({"openai_chat": DIALECTS["openai_chat"], "pathy": pathy})
    assert paths.find(b"/v1/chat/completions") is DIALECTS["openai_chat"]
    assert paths.find(b"/v1beta/models/a:generateContent") is pathy
    assert paths.find(b"/v1beta/models/:generateContent") is None
    assert paths.find(b"/v1beta/models/a:countTokens") is None
    assert paths.find(b"/elsewhere/model/a/converse") is None
    assert PATTERN in paths.served()


@pytest.mark.parametrize(
    ("path", "model", "is_own"),
    [
        (b"/v1/models", "", False),
        (b"/models/a%2Fb", "a/b", False),
        (b"/v1beta/models", "", True),
        (b"/v1beta/models/a:b", "a:b", True),
        (b"/v1beta/models/", None, False),
        (b"/model/a", None, False),
        (b"/v1beta", None, False),
    ],
)
def test_models_are_listed_where_they_are_asked_for_chat(
    path: bytes, model: str | None, *, is_own: bool
) -> None:
    pathy = Pathy("pathy")
    paths = Paths({"pathy": pathy})
    assert paths.listed(path) == model
    assert paths.lister(path) is (pathy if is_own else None)


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1beta/models/gemini-3:generateContent", "gemini-3"),
        ("/v1beta/models/tuned/mine:generateContent?alt=sse", "tuned/mine"),
        ("/v1beta/models/anthropic.claude%3A0:generateContent", "anthropic.claude:0"),
    ],
)
def test_a_model_is_read_from_its_place(path: str, model: str) -> None:
    assert matched(path, ("/x", PATTERN)) == {"model": model}


def test_other_names_stop_at_a_slash() -> None:
    pattern = "/v1/projects/{project}/models/{model}:go"
    assert matched("/v1/projects/a/models/b/c:go", (pattern,)) == {"project": "a", "model": "b/c"}
    assert matched("/v1/projects/a/b/models/c:go", (pattern,)) is None


@pytest.mark.parametrize(
    ("path", "fits"),
    [
        ("/v1/chat/completions", True),
        ("/chat/completions?api-version=1", True),
        ("/openai/deployments/x/chat/completions", True),
        ("/chat/completion", False),
    ],
)
def test_any_base_address_may_stand_before_a_path(path: str, *, fits: bool) -> None:
    assert ends_as(path, "/v1/chat/completions") is fits


def test_a_pattern_fits_behind_any_base_address_too() -> None:
    assert ends_as("/proxy/v1/models/a:generateContent", PATTERN)
    assert not ends_as("/proxy/v1/models/a:other", PATTERN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", "a"),
        ("a%3Ab%2fc", "a:b/c"),
        ("%E4%BD%A0", "\u4f60"),
        ("%zz%4", "%zz%4"),
        ("%ff", "\ufffd"),
    ],
)
def test_escapes_are_taken_away(text: str, expected: str) -> None:
    assert unquote(text) == expected


def test_the_nearest_paths_are_named_and_no_more():
    near = Paths(SPOKEN).nearest("/v1/chat/completion")
    assert near[0] == "/v1/chat/completions"
    assert len(near) == 5


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/foo", "openai_chat"),
        ("/v1/models/ada", "openai_chat"),
        ("/v1/messages/batches", "anthropic_messages"),
        ("/v1beta/cachedContents", "gemini_generate"),
        ("/v1/models/x:predict", "gemini_generate"),
        ("/v1/projects/p/locations/l/endpoints", "gemini_generate"),
        ("/upload/v1beta/files", "gemini_generate"),
        ("/model/x/async-invoke", "bedrock_converse"),
        ("/api/generate", "ollama_chat"),
        ("/v2/classify", "cohere_chat"),
        ("/v1/responses/resp_1/foo", "openai_responses"),
        ("/foo", None),
        ("", None),
    ],
)
def test_a_path_that_nobody_serves_is_of_whose_paths_begin_so(path: str, name: str | None) -> None:
    found = Paths(SPOKEN).likeliest(path.encode())
    assert (found and found.name) == name
