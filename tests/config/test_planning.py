"""Routes without a file: the model asked for, then the same elsewhere, then a comparable one."""

from tests.config.world import CHAT, kind

from understudy.chat.endpoint import Capability
from understudy.config.planning import DEFAULT, Offer, comparable, flagship, plan
from understudy.providers.facts import ModelFacts
from understudy.providers.price import Price


def offer(provider, name, *, lab=None, price=None, model=None, tools=True, aliases=(), local=False):
    capabilities = CHAT if tools else frozenset({Capability.STREAMING})
    facts = ModelFacts(name, model or name, lab, capabilities, price=Price(output=price))
    return Offer(kind(provider, is_local=local), facts, aliases)


A = (
    offer("a", "big-a", lab="a", price=50.0),
    offer("a", "mid-a", lab="a", price=10.0, aliases=("mid",)),
    offer("a", "small-a", lab="a", price=1.0),
)
B = (offer("b", "mid-b", lab="b", price=12.0), offer("b", "small-b", lab="b", price=0.8))
HOST = (
    offer("h", "a/mid-a", lab="a", price=11.0, model="mid-a"),
    offer("h", "open", lab="o", price=0.5),
)
LOCAL = (offer("l", "open", lab="o", local=True), offer("l", "own", local=True))


def names(found):
    return {
        name: [target.target for target in route.targets] for name, route in plan(found).items()
    }


def test_a_route_has_the_model_then_the_same_elsewhere_then_comparable_ones():
    routes = names([A, B, HOST])
    assert routes["mid-a"] == ["a/mid-a", "h/a/mid-a", "b/mid-b", "h/open"]
    assert routes["mid"] == routes["mid-a"]
    assert routes["a/mid-a"] == ["h/a/mid-a", "a/mid-a", "b/mid-b", "h/open"]
    assert routes["small-b"] == ["b/small-b", "a/small-a", "h/open"]


def test_default_takes_the_newest_of_each_that_is_not_dear():
    assert names([A, B, HOST, LOCAL])[DEFAULT] == ["a/mid-a", "b/mid-b", "h/a/mid-a", "l/open"]
    assert flagship((A[0],)) is A[0]
    assert flagship((offer("x", "mute", price=1.0, tools=False), B[1])) is B[1]


def test_a_model_of_this_machine_stays_on_this_machine():
    routes = names([A, HOST, LOCAL])
    assert routes["own"] == ["l/own"]
    assert routes["open"] == ["h/open", "l/open", "a/small-a", "h/a/mid-a", "l/own"]
    assert names([A, LOCAL])["open"] == ["l/open"]


def test_what_can_do_the_same_comes_before_what_costs_the_same():
    mute = offer("x", "mute", lab="x", price=10.0, tools=False)
    dear = offer("x", "dear", lab="x", price=99.0)
    assert comparable(A[1], [mute, dear]) is dear
    assert comparable(A[1], A) is None


def test_the_same_keys_make_the_same_routes():
    assert plan([A, B, HOST, LOCAL]) == plan([A, B, HOST, LOCAL])
