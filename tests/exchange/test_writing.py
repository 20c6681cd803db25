"""How one request is written for different targets."""

import msgspec
import pytest

from tests.contract.toy import Toy
from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.exchange.asked import Asked
from understudy.exchange.writing import Writer

DIALECTS = {"toy": Toy("toy"), "yot": Toy("yot")}
BODY = b'{ "model":"r",  "turns":["hi"], "loud": true }'


def writer(body: bytes = BODY, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Writer:
    return Writer(Asked("1", 0.0, "toy", body, headers=headers), DIALECTS)


def endpoint(dialect: str = "toy", headers: tuple[tuple[bytes, bytes], ...] = ()) -> Endpoint:
    return Endpoint(dialect, "up", "/chat", "them", headers=headers)


def test_the_same_dialect_keeps_every_byte_but_the_model() -> None:
    one = writer()
    written = one.write(endpoint(), one.glance())
    assert written.request.body == BODY.replace(b'"r"', b'"up"')
    assert written.is_passthrough
    assert written.losses == ()


def test_another_dialect_is_translated_and_says_what_is_lost() -> None:
    one = writer()
    written = one.write(endpoint("yot"), one.glance())
    assert msgspec.json.decode(written.request.body) == {"model": "up", "turns": ["hi"]}
    assert [loss.path for loss in written.losses] == ["extensions.toy.loud"]
    assert not written.is_passthrough


def test_the_clients_version_wins_over_the_targets() -> None:
    one = writer(headers=((b"x-version", b"2"),))
    headers = ((b"x-version", b"1"), (b"x-static", b"s"))
    written = one.write(endpoint(headers=headers), one.glance())
    fields = dict(written.request.headers)
    assert fields[b"x-version"] == b"2"
    assert fields[b"x-static"] == b"s"
    assert [name for name, _ in written.request.headers].count(b"x-version") == 1


def test_no_compression_is_asked_for() -> None:
    one = writer()
    assert dict(one.write(endpoint(), one.glance()).request.headers)[b"accept-encoding"] == (
        b"identity"
    )


def test_what_is_no_request_is_said_when_it_is_first_read() -> None:
    with pytest.raises(InvalidRequest):
        writer(b"[]").glance()
