"""Prices of a model are read like every other table."""

import msgspec
import pytest
from tests.config.world import TWO, read, refuse

from understudy.config.schema_price import PriceTable
from understudy.providers.price import Price

NAMED = '[providers.openai.models."gpt-5.2".price]\n'


def test_every_measure_that_is_priced_can_be_said():
    assert PriceTable.__struct_fields__ == Price.__struct_fields__


@pytest.mark.parametrize("field", PriceTable.__struct_fields__)
def test_what_the_file_says_of_a_price_is_the_targets(field):
    settings = read(TWO + NAMED + f"{field} = 0.25\n")
    prices = [target.price for target in settings.topology.targets.values()]
    assert 0.25 in [msgspec.structs.asdict(price)[field] for price in prices]


def test_a_price_below_nought_is_refused():
    (problem,) = refuse(TWO + NAMED + "search = -1\n")
    assert problem.path.endswith("price.search")
