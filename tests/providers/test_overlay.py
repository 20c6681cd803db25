"""What public lists say lies over what ships: newer facts win, abilities looked at stay."""

import msgspec
import pytest
from tests.providers.lists import MODELS_DEV
from tests.providers.test_catalogue import a_kind, a_listing

from understudy.chat.endpoint import Capability
from understudy.providers.catalogue import load_catalogue
from understudy.providers.facts import Source
from understudy.providers.overlay import (
    Change,
    DamagedOverlay,
    Laid,
    Overlay,
    add,
    changes,
    kind_of,
    lay,
    read_overlay,
    write_overlay,
)
from understudy.providers.price import Price
from understudy.providers.public_lists import Entry, read_list

WHERE = Source("https://list.example", "2026-11-25")
ABLE = (Capability.TOOLS, Capability.VISION)


def overlay(*laids: Laid) -> Overlay:
    return Overlay(sources={"list": WHERE}, models={"host": laids})


def test_a_newer_fact_wins_and_says_where_it_is_from():
    old = a_listing("m", context_window=8, max_output_tokens=4, retires="2026-12-01")
    kind = lay(a_kind(models=(old,)), overlay(Laid("M", "list", context_window=16)))
    (new,) = kind.models
    assert (new.context_window, new.max_output_tokens, new.retires) == (16, 4, "2026-12-01")
    assert new.proof == {"*": "x", "context_window": "list"}
    assert kind.sources["list"] == WHERE


def test_a_price_that_does_not_speak_of_the_cache_leaves_it_as_it_was():
    old = a_listing("m", price=Price(input=1.0, cache_read=0.1, cache_write=1.2, output=2.0))
    said = Price(input=3.0, output=4.0)
    (new,) = lay(a_kind(models=(old,)), overlay(Laid("m", "list", price=said))).models
    assert new.price == Price(input=3.0, cache_read=0.1, cache_write=1.2, output=4.0)


def test_abilities_are_taken_from_a_list_for_new_models_only():
    said = Laid("m", "list", context_window=1, capabilities=ABLE)
    old = a_listing("m", capabilities=frozenset())
    kind = lay(a_kind(models=(old,)), overlay(said, msgspec.structs.replace(said, id="new")))
    assert [(one.id, one.capabilities) for one in kind.models] == [
        ("m", frozenset()),
        ("new", frozenset(ABLE)),
    ]
    assert kind.models[1].proof == {"*": "list"}


def test_an_alias_is_the_same_model_and_its_own_name_counts_more():
    old = a_listing("m-9", aliases=("m-latest",))
    said = (Laid("m-9", "list", context_window=9), Laid("m-latest", "list", context_window=1))
    (new,) = lay(a_kind(models=(old,)), overlay(*said)).models
    assert new.context_window == 9


def test_a_kind_that_nobody_speaks_of_stays_as_it_is():
    kind = a_kind("other", models=(a_listing("m"),))
    assert lay(kind, overlay(Laid("m", "list", context_window=1))) is kind


def test_a_source_that_speaks_again_takes_back_what_it_said_before():
    first = add(Overlay(), "a", WHERE, {"host": [Entry("", "x", context_window=1), Entry("", "y")]})
    assert [laid.id for laid in first.models["host"]] == ["x"]  # of y it said nothing
    both = add(first, "b", WHERE, {"host": [Entry("", "z", context_window=2)]})
    assert [laid.id for laid in both.models["host"]] == ["x", "z"]
    later = add(both, "a", WHERE, {"host": [Entry("", "z", context_window=3)]})
    assert [(laid.id, laid.source) for laid in later.models["host"]] == [("z", "a")]
    assert list(later.sources) == ["a"]
    assert add(later, "a", WHERE, {}) == Overlay()


def test_the_differences_are_named():
    before = a_kind(models=(a_listing("m", context_window=8), a_listing("n")))
    said = (Laid("m", "list", context_window=9), Laid("o", "list", context_window=9))
    assert list(changes([before], [lay(before, overlay(*said))])) == [
        Change("host", "m", "context_window", 8, 9),
        Change("host", "o", "model", None, None),
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("togetherai", "together"), ("together_ai", "together"), ("groq", "groq"), ("nobody", None)],
)
def test_what_lists_call_a_host(name, kind):
    assert kind_of(name, ["groq", "together"]) == kind


def test_it_comes_back_as_it_was_written():
    one = overlay(Laid("m", "list", price=Price(input=1.0, output=2.0), capabilities=ABLE))
    assert read_overlay(write_overlay(one)) == one
    assert b"\n" in write_overlay(one)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"version": 2}', b'{"models": 7}', b'{"unknown": 1}', b"[" * 100_000]
)
def test_a_damaged_file_is_refused(data):
    with pytest.raises(DamagedOverlay):
        read_overlay(data)


def test_the_shipped_catalogue_takes_a_list():
    entries = [entry for entry in read_list(MODELS_DEV).entries if entry.provider == "openai"]
    known = load_catalogue(add(Overlay(), "models.dev", WHERE, {"openai": entries}))
    kind = known.kind("openai")
    assert kind is not None
    mini, new = known.model(kind, "gpt-5-mini"), known.model(kind, "gpt-99")
    assert (mini.context_window, mini.price.output) == (500_000, 1.6)
    assert Capability.JSON_SCHEMA in mini.capabilities  # as it ships
    assert (new.lab, new.context_window) == ("openai", 2_000_000)
    assert Capability.DOCUMENTS in new.capabilities
