"""The vocabulary of checks."""

from typing import get_args

from understudy.drills.checks import Check, ClientSuccess, name_of


def test_every_check_has_a_name_of_its_own_and_says_what_it_measures():
    kinds = get_args(Check)
    assert len({kind.__struct_config__.tag for kind in kinds}) == len(kinds)
    assert all(kind.__doc__ for kind in kinds)


def test_a_check_is_known_by_its_name_in_files():
    assert name_of(ClientSuccess()) == "client_success"
