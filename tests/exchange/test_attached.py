"""More files than a target takes: it is passed over, and where nobody takes them all is said."""

import itertools
from typing import Any

import msgspec
import pytest

from tests.exchange.stage import ROWS, target
from tests.play import Stage
from understudy.chat.endpoint import FileLimits, Limits
from understudy.dialects.catalog import DIALECTS
from understudy.exchange.asked import Asked
from understudy.exchange.exchange import Exchange
from understudy.exchange.services import HeldBudget, Services
from understudy.providers.classifier import Classifier
from understudy.routing.router import Router
from understudy.routing.topology import Route, Target, Topology

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
PICTURE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}


def limited(name: str, dialect: str, files: FileLimits | None) -> Target:
    made = target(name, dialect)
    endpoint = msgspec.structs.replace(made.endpoint, limits=Limits(files=files))
    return msgspec.structs.replace(made, endpoint=endpoint)


def asked(pictures: int, *targets: Target, content: Any = None) -> Stage:
    route = Route("r", tuple(each.name for each in targets))
    topology = Topology({each.name: each for each in targets}, {"r": route})
    services = Services(
        router=Router(topology, itertools.repeat(0.5).__next__),
        dialects=DIALECTS,
        classifier=Classifier(ROWS),
        budget=HeldBudget(),
    )
    said = content or [{"type": "text", "text": "hi"}, *[PICTURE] * pictures]
    body = msgspec.json.encode({"model": "r", "messages": [{"role": "user", "content": said}]})
    return Stage(Exchange(services, Asked("req-1", 1.7e9, "openai_chat", body), 0.0))


def few(name: str = "few", dialect: str = "bedrock_converse") -> Target:
    return limited(name, dialect, FileLimits(pictures=2))


def test_a_target_that_takes_fewer_is_passed_over() -> None:
    many = limited("many", "anthropic_messages", FileLimits(pictures=3))
    assert asked(2, few(), many).targets() == ["few"]
    assert asked(3, few(), many).targets() == ["many"]
    assert asked(3, few(dialect="openai_chat"), target("any", "ollama_chat")).targets() == ["any"]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (FileLimits(pictures=2), "few: takes 2 pictures, the request has 3"),
        (FileLimits(picture_bytes=9), "few: takes a picture of 9 bytes, found one of "),
        (FileLimits(request_bytes=99), "few: takes a request with files of 99 bytes, found one of"),
    ],
)
def test_where_nobody_takes_them_the_caller_is_told_why(files: FileLimits, why: str) -> None:
    stage = asked(3, limited("few", "bedrock_converse", files))
    assert stage.status() == 400
    error = msgspec.json.decode(stage.sent())["error"]
    assert why in error["message"]
    assert error["code"] == "unsupported_by_route"
    assert stage.targets() == []


def test_text_is_not_held_against_limits_of_files() -> None:
    stage = asked(0, limited("few", "openai_chat", FileLimits(request_bytes=1)), content="x" * 99)
    assert stage.targets() == ["few"]


def test_what_cannot_be_read_is_for_its_own_provider_to_refuse() -> None:
    broken = [{"type": "image_url", "image_url": 5}]
    assert asked(0, few(dialect="openai_chat"), content=broken).targets() == ["few"]
