"""Prices in words."""

import pytest

from understudy.cli.prices import in_words
from understudy.providers.price import Price


@pytest.mark.parametrize(
    ("price", "words"),
    [
        (Price(), "- / -"),
        (Price(input=2.5, output=10.0), "2.5 / 10"),
        (Price(output=10.0), "- / 10"),
        (Price(search=0.002), "0.002 a search"),
        (Price(picture=0.08), "0.08 a picture"),
        (Price(characters=15.0), "15 a million characters"),
        (Price(minute=0.006), "0.006 a minute"),
        (Price(input=2.5, output=10.0, minute=0.006), "2.5 / 10, 0.006 a minute"),
    ],
)
def test_a_price_names_its_measure(price: Price, words: str) -> None:
    assert in_words(price) == words
