"""Prices: tokens, and the other measures that providers bill by."""

import pytest

from understudy.chat.usage import Usage
from understudy.operations.units import NOTHING, Units
from understudy.providers.price import Price, cost_usd, dearest, units_usd

PRICED = Price(input=2.0, cache_read=0.2, cache_write=2.5, output=10.0)
MILLION = 1_000_000
USED = Usage(MILLION, MILLION, MILLION, MILLION)


@pytest.mark.parametrize(
    ("price", "cost"),
    [
        (PRICED, 14.7),
        (Price(input=2.0, output=10.0), 16.0),
        (Price(input=2.0), None),
        (Price(output=2.0), None),
        (Price(), None),
    ],
)
def test_cost_is_what_is_billed_and_unknown_where_a_price_is(
    price: Price, cost: float | None
) -> None:
    assert cost_usd(USED, NOTHING, price) == pytest.approx(cost)


def test_what_writes_nothing_needs_no_price_for_it() -> None:
    assert cost_usd(Usage(MILLION), NOTHING, Price(input=0.02)) == pytest.approx(0.02)


def test_pictures_that_are_read_have_their_own_price_where_one_is_known() -> None:
    used = Usage(MILLION, output_tokens=MILLION, image_input_tokens=MILLION // 4)
    assert cost_usd(used, NOTHING, Price(input=4.0, output=30.0, image_input=8.0)) == 35.0
    assert cost_usd(used, NOTHING, Price(input=4.0, output=30.0)) == 34.0


@pytest.mark.parametrize(
    ("units", "price", "cost"),
    [
        (Units(searches=3), Price(search=0.002), 0.006),
        (Units(pictures=2), Price(picture=0.08), 0.16),
        (Units(characters=1_000), Price(characters=15.0), 0.015),
        (Units(seconds=90.0), Price(minute=0.006), 0.009),
        (Units(searches=3), Price(picture=1.0), None),
        (NOTHING, Price(search=0.002), None),
    ],
)
def test_units_cost_what_their_measure_does(units: Units, price: Price, cost: float | None) -> None:
    assert units_usd(units, price) == pytest.approx(cost)
    assert cost_usd(None, units, price) == pytest.approx(cost)


def test_tokens_and_units_are_added_where_both_have_a_price() -> None:
    both = Price(input=1.0, output=1.0, search=0.5)
    assert cost_usd(Usage(MILLION), Units(searches=1), both) == 1.5
    assert cost_usd(Usage(MILLION), Units(searches=1), Price(search=0.5)) == 0.5
    assert cost_usd(Usage(MILLION), Units(searches=1), Price(input=1.0, output=1.0)) == 1.0


def test_a_price_is_known_where_something_that_is_billed_has_one() -> None:
    assert Price(input=1.0, output=0.0).is_known
    assert Price(minute=0.006).is_known
    assert not Price(input=1.0, cache_read=0.1).is_known
    assert not Price().is_known


def test_the_dearest_is_taken_measure_by_measure() -> None:
    found = dearest([Price(input=1.0, output=9.0), Price(input=3.0, search=0.1), Price()])
    assert found == Price(input=3.0, output=9.0, search=0.1)
