import pytest
from tests.dialects.manners import answered, named, takes_object

GOOD = [("", ""), ("call", "1"), ("call", "2"), ("result", "2"), ("result", "1"), ("", "")]
BAD = [
    [("call", "1")],
    [("result", "1")],
    [("call", "1"), ("", ""), ("result", "1")],
    [("call", "1"), ("call", "2"), ("result", "1"), ("", "")],
    [("call", "1"), ("call", "1"), ("result", "1"), ("result", "1")],
]


def test_calls_beside_their_results_are_taken():
    answered(GOOD)


@pytest.mark.parametrize("said", BAD)
def test_others_are_not(said):
    with pytest.raises(AssertionError):
        answered(said)


def test_neither_are_names_and_schemas_that_vendors_refuse():
    for check in (lambda: named(["a.b"]), lambda: takes_object({"anyOf": []})):
        with pytest.raises(AssertionError):
            check()
