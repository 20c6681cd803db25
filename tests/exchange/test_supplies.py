"""What a host says is left: from the header fields of an answer to the choice of a target."""

import msgspec
import pytest

from tests.exchange.stage import JSON, SSE, ask, services, target, whole
from tests.play import upstream_head
from understudy.exchange.messages import UpstreamConnected
from understudy.exchange.services import Services
from understudy.providers.catalogue import load_catalogue
from understudy.providers.supply import gauge
from understudy.routing.topology import Target
from understudy.wire.http import Headers, ResponseHead

GOOD = b'{"id":"id-1","text":"hello","stop":"end"}'
GAUGES = {kind.name: gauge(kind.supply) for kind in load_catalogue().kinds}


def fields(left: str, *more: tuple[bytes, bytes]) -> Headers:
    return (
        (b"content-type", b"application/json"),
        (b"x-ratelimit-limit-requests", b"500"),
        (b"x-ratelimit-remaining-requests", left.encode()),
        (b"x-ratelimit-reset-requests", b"1m0s"),
        *more,
    )


def told(name: str, kind: str = "openai") -> Target:
    return msgspec.structs.replace(target(name), gauge=GAUGES[kind])


def pair() -> Services:
    return services(told("a"), told("b"))


@pytest.mark.parametrize("stream", [True, False])
def test_the_next_request_goes_past_whose_last_one_that_was(stream: bool) -> None:
    shared = pair()
    stage = ask(shared, stream=stream)
    headers = fields("0")
    if stream:
        sse = ResponseHead(200, (*SSE.headers, *headers[1:]))
        stage.tell(UpstreamConnected(1), upstream_head(1, sse))
        assert ask(shared).targets() == ["b"], "from the head on, not from the end"
    else:
        whole(stage, 1, ResponseHead(200, headers), GOOD)
        assert stage.status() == 200
        assert ask(shared).targets() == ["b"]


@pytest.mark.parametrize("left", ["1", "499", "", "-1"])
def test_what_is_left_is_used(left: str) -> None:
    shared = pair()
    whole(ask(shared, stream=False), 1, ResponseHead(200, fields(left)), GOOD)
    assert ask(shared).targets() == ["a"]


def test_fields_of_another_kind_of_host_say_nothing() -> None:
    shared = services(told("a", "anthropic"), told("b"))
    whole(ask(shared, stream=False), 1, ResponseHead(200, fields("0")), GOOD)
    assert ask(shared).targets() == ["a"]


@pytest.mark.parametrize(
    ("left", "rests"), [("0", {"key:a": 6.0}), ("400", {"account:a": 20.0})], ids=["none", "most"]
)
def test_a_429_is_of_who_has_used_it_up(left: str, rests: dict[str, float]) -> None:
    shared = pair()
    stage = ask(shared, stream=False)
    whole(stage, 1, ResponseHead(429, fields(left)), b"{}")
    assert stage.targets() == ["a", "b"]
    domains = shared.router.snapshot(0.0).domains
    assert {str(each.domain): each.resting_for for each in domains if each.resting_for} == rests


def test_an_answer_without_such_fields_changes_nothing() -> None:
    shared = pair()
    whole(ask(shared, stream=False), 1, JSON, GOOD)
    assert ask(shared).targets() == ["a"]
