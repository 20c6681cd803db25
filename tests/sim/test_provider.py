"""Providers: what they know, what they demand, and how they refuse."""

import json

import pytest
from tests.sim.hearing import ANTHROPIC, BOTH, OPENAI, asked, whole

from understudy.chat.failure import Failure
from understudy.sim.provider import Draft, Incoming, Models, Prefill, Provider, respond


def respond_to(provider, dialect, body=b"", *, method="POST", path=None, headers=()):
    where = dialect.chat_paths()[0] if path is None else path
    return respond(provider, dialect, Incoming(method, where, headers, body))


@pytest.mark.parametrize("dialect", BOTH, ids=lambda dialect: dialect.name)
def test_a_provider_may_refuse_a_prefill_as_the_vendor_does(dialect):
    provider = Provider("a", dialect.name, prefill=Prefill.REJECT)
    assert isinstance(respond_to(provider, dialect, asked("hello")), Draft)
    said = respond_to(provider, dialect, asked("hello", "Sun, "))
    assert isinstance(said, Failure)
    status, _, body = dialect.render_failure(said)
    assert status == 400
    assert json.loads(body)["error"]["type"] == "invalid_request_error"
    assert "does not support assistant message prefill" in json.loads(body)["error"]["message"]


def test_a_provider_may_ignore_a_prefill():
    full = whole(OPENAI, asked("hello")).text
    assert whole(OPENAI, asked("hello", full[:20]), prefill=Prefill.IGNORE).text == full


@pytest.mark.parametrize(
    ("dialect", "headers"),
    [
        (OPENAI, ((b"authorization", b"Bearer sk-right"),)),
        (ANTHROPIC, ((b"x-api-key", b"sk-right"),)),
    ],
)
def test_a_provider_may_demand_its_key(dialect, headers):
    provider = Provider("a", dialect.name, key="sk-right")
    assert isinstance(respond_to(provider, dialect, asked("hello"), headers=headers), Draft)
    said = respond_to(provider, dialect, asked("hello"), headers=((b"x-api-key", b"sk-wrong"),))
    assert isinstance(said, Failure)
    assert dialect.render_failure(said)[0] == 401


def test_a_provider_knows_its_models():
    provider = Provider("a", OPENAI.name, models=("big", "small"))
    assert isinstance(respond_to(provider, OPENAI, asked("hello", model="big")), Draft)
    said = respond_to(provider, OPENAI, asked("hello", model="huge"))
    assert isinstance(said, Failure)
    assert (said.status, said.code) == (404, "model_not_found")
    listed = respond_to(provider, OPENAI, method="GET", path="/v1/models")
    assert isinstance(listed, Models)
    assert [model["id"] for model in json.loads(listed.body)["data"]] == ["big", "small"]


def test_what_is_no_request_is_refused():
    provider = Provider("a", OPENAI.name)
    for body in (b"", b"{", b'{"model": "m"}', b'{"model": "m", "messages": 3}'):
        said = respond_to(provider, OPENAI, body)
        assert isinstance(said, Failure), body
        assert said.status == 400


def test_other_paths_and_methods_are_refused():
    provider = Provider("a", OPENAI.name)
    assert respond_to(provider, OPENAI, asked("x"), path="/v1/embeddings").status == 404
    assert respond_to(provider, OPENAI, method="GET").status == 405


def test_a_base_url_may_have_any_path_before_the_dialects_own():
    provider = Provider("a", OPENAI.name)
    for path in ("/v1/chat/completions", "/chat/completions", "/openai/v1/chat/completions?x=1"):
        assert isinstance(respond_to(provider, OPENAI, asked("hello"), path=path), Draft), path


def test_pace_is_the_providers_unless_the_prompt_says_otherwise():
    provider = Provider("a", OPENAI.name, rate=40, delay=0.5)
    draft = respond_to(provider, OPENAI, asked("hello"))
    assert (draft.rate, draft.delay) == (40, 0.5)
    draft = respond_to(provider, OPENAI, asked("hello [rate=200] [delay=0]"))
    assert (draft.rate, draft.delay) == (200, 0)
