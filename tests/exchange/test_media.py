"""Files by their address: fetched for targets that want bytes, and for no other."""

import itertools

import msgspec
import pytest

from tests.exchange.stage import services, target
from tests.play import Stage
from understudy.chat.parts import Inline
from understudy.dialects.catalog import DIALECTS
from understudy.exchange.asked import Asked
from understudy.exchange.exchange import Exchange
from understudy.exchange.messages import (
    ClientGone,
    FetchMedia,
    MediaFetched,
    StartAttempt,
    TimerFired,
    UpstreamClosed,
)
from understudy.routing.topology import Target

URL = "https://example.com/a.png"
PNG = Inline("image/png", "iVBORw0KGgo=")


def asked(*targets: Target, urls: tuple[str, ...] = (URL,)) -> Stage:
    """A request in OpenAI's dialect that names pictures by their address."""
    parts: list[object] = [{"type": "text", "text": "what?"}]
    parts += [{"type": "image_url", "image_url": {"url": url}} for url in urls]
    body = {"model": "r", "messages": [{"role": "user", "content": parts}]}
    known = msgspec.structs.replace(services(*targets), dialects=DIALECTS)
    request = Asked("req-1", 1_700_000_000.0, "openai_chat", msgspec.json.encode(body))
    return Stage(Exchange(known, request, 0.0))


def fetches(stage: Stage) -> list[tuple[str, ...]]:
    return [each.urls for each in stage.commands if isinstance(each, FetchMedia)]


@pytest.mark.parametrize("dialect", ["openai_chat", "anthropic_messages"])
def test_a_target_that_takes_addresses_gets_them(dialect: str) -> None:
    stage = asked(target("a", dialect))
    assert not fetches(stage)
    assert URL.encode() in msgspec.json.encode(stage.request(1))


def test_a_target_that_wants_bytes_is_asked_once_they_are_there() -> None:
    stage = asked(target("a", "ollama_chat"))
    assert fetches(stage) == [(URL,)]
    assert stage.targets() == []
    stage.tell(MediaFetched({URL: PNG}))
    assert stage.targets() == ["a"]
    assert stage.request(1)["messages"] == [
        {"role": "user", "content": "what?", "images": [PNG.data_base64]}
    ]


def test_what_was_fetched_once_is_not_fetched_again() -> None:
    stage = asked(target("a", "ollama_chat"), target("b", "bedrock_converse"))
    stage.tell(MediaFetched({URL: PNG}))
    stage.tell(UpstreamClosed(1, "connect_refused"))
    assert stage.targets() == ["a", "b"]
    assert len(fetches(stage)) == 1


def test_it_is_fetched_only_when_its_turn_has_come() -> None:
    stage = asked(target("a", "openai_chat"), target("b", "ollama_chat"))
    assert stage.targets() == ["a"]
    assert not fetches(stage)
    stage.tell(UpstreamClosed(1, "connect_refused"))
    assert fetches(stage) == [(URL,)]
    stage.tell(MediaFetched({URL: PNG}))
    assert stage.targets() == ["a", "b"]


def test_a_target_whose_file_cannot_be_had_is_passed_over() -> None:
    stage = asked(target("a", "ollama_chat"), target("b", "anthropic_messages"))
    stage.tell(MediaFetched({URL: "example.com answered 404, expected 200"}))
    assert stage.targets() == ["b"]


def test_where_no_target_is_left_the_caller_is_told_why() -> None:
    stage = asked(target("a", "ollama_chat"))
    stage.tell(MediaFetched({URL: "example.com answered 404, expected 200"}))
    assert stage.status() == 400
    assert b"a wants the bytes of a file: example.com answered 404" in stage.sent()
    assert stage.entry().outcome == "rejected"


def test_files_are_not_waited_for_beyond_the_deadline() -> None:
    stage = asked(target("a", "ollama_chat"))
    stage.tell(TimerFired(), after=stage.wake_at() + 1)
    assert stage.status() == 400
    assert b"did not come in time" in stage.sent()
    assert stage.tell(MediaFetched({URL: PNG})) == []


def test_a_client_that_leaves_meanwhile_is_asked_for_by_nobody() -> None:
    stage = asked(target("a", "ollama_chat"))
    stage.tell(ClientGone())
    assert stage.entry().outcome == "client_gone"
    stage.tell(MediaFetched({URL: PNG}))
    assert not [each for each in stage.commands if isinstance(each, StartAttempt)]


def test_there_is_a_limit_to_how_many() -> None:
    urls = tuple(f"{URL}?{number}" for number in range(17))
    stage = asked(target("a", "ollama_chat"), urls=urls)
    assert not fetches(stage)
    assert b"at most 16 files by their address, found 17" in stage.sent()


def test_each_address_is_fetched_once() -> None:
    twice = tuple(itertools.repeat(URL, 3))
    stage = asked(target("a", "ollama_chat"), urls=twice)
    assert fetches(stage) == [(URL,)]
