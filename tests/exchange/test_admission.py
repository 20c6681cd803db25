"""Who is let in, and on which route."""

from typing import Any

import msgspec
import pytest

from tests.contract.toy import Toy
from tests.exchange.stage import ask, services, target
from understudy.chat.endpoint import Needs
from understudy.chat.failure import Failure
from understudy.exchange.admission import Admitted, admit
from understudy.exchange.asked import Asked
from understudy.exchange.writing import Writer
from understudy.routing.chain import Chain
from understudy.routing.topology import Route


def admitted(body: bytes, routes: frozenset[str] | None = None) -> Admitted | Failure:
    shared = services(target("a"))
    asked = Asked("1", 0.0, "toy", body, routes=routes)
    return admit(asked, Writer(asked, {"toy": Toy("toy")}), shared.router)


def test_a_known_route_is_admitted() -> None:
    found = admitted(b'{"model":"r","turns":["x"]}')
    assert isinstance(found, Admitted)
    assert found.route.name == "r"


def test_others_are_told_why_not() -> None:
    for body, routes, status in (
        (b"nonsense", None, 400),
        (b'{"model":"rr","turns":["x"]}', None, 404),
        (b'{"model":"a","turns":["x"]}', None, 404),
        (b'{"model":"r","turns":["x"]}', frozenset({"s"}), 404),
    ):
        found = admitted(body, routes)
        assert isinstance(found, Failure)
        assert found.status == status


def test_another_callers_route_is_answered_like_none() -> None:
    """A status of its own would tell which names exist."""
    hers, nobodys = (
        admitted(b'{"model":"%b","turns":["x"]}' % name, frozenset({"s"})) for name in (b"r", b"q")
    )
    assert isinstance(hers, Failure)
    assert isinstance(nobodys, Failure)
    assert hers == msgspec.structs.replace(nobodys, message=nobodys.message.replace("'q'", "'r'"))


def test_a_callers_own_route_is_admitted() -> None:
    assert isinstance(admitted(b'{"model":"r","turns":["x"]}', frozenset({"r"})), Admitted)


def test_nobody_learns_the_name_of_another_callers_route_from_a_typo() -> None:
    for routes, hint in ((None, True), (frozenset({"r"}), True), (frozenset({"s"}), False)):
        found = admitted(b'{"model":"rr","turns":["x"]}', routes)
        assert isinstance(found, Failure)
        assert ("did you mean 'r'" in found.message) == hint


def test_the_router_is_told_whose_request_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    shared, seen = services(target("a")), list[object]()
    begin = shared.router.begin

    def watched(route: Route, needs: Needs, now: float, **fields: Any) -> Chain:
        seen.append(fields["caller"])
        return begin(route, needs, now, **fields)

    monkeypatch.setattr(shared.router, "begin", watched)
    ask(shared)
    assert seen == ["me"]
