"""Reading scenario files: what is wrong is said with its place."""

import pytest
from tests.drills.small import TEXT, scenario

from understudy.drills.reading import ScenarioError, load, read, shipped

INCIDENTS = 12


@pytest.mark.parametrize("name", shipped())
def test_what_ships_can_be_read_and_is_called_as_its_file(name):
    found = load(name)
    assert found.name == name
    assert found.facts
    assert all(fact.source or fact.certainty.value == "D" for fact in found.facts)
    assert len(found.checks) >= 5


def test_twelve_incidents_ship():
    assert len(shipped()) >= INCIDENTS


def test_a_name_that_is_almost_right_gets_a_hint():
    with pytest.raises(ScenarioError, match="did you mean 'openai-2023-11'"):
        load("openai-2023-1")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("calm = 1", "calm = ", "small.toml: expected TOML, found:"),
        ("calm = 1", 'calm = "1"', r"calm: expected `float`, got `str`"),
        ("calm = 1", "clam = 1", "object contains unknown field `clam`"),
        ('certainty = "D"', 'certainty = "E"', r"facts\[0\].certainty: invalid enum value 'E'"),
        ('host = "a"', 'host = "c"', r"faults\[0\].where: found {'host': 'c'}, expected patterns"),
        ("status(503)", "statu(503)", r"faults\[0\].fault: 'statu' is no fault, did you mean"),
        ('fault = "status(503)"', "", "found 0 of them, expected one of fault, mix"),
        ('fault = "status(503)"', 'network = "wet"', "found 'wet', expected one of connect_ref"),
        ('fault = "status(503)"', 'fault = "drop"\np = 1.5', "p: found 1.5, expected 0 to 1"),
        ("begin = 0\nend = 2", "begin = 2\nend = 2", "begin: found 2 to 2, expected 0 <= begin"),
        ('"b/m"]', '"b/n"]', r"routes\[0\].targets: found 'b/n', expected one of a/m,"),
        ('check = "client_success"', 'check = "luck"', r"checks\[0\].check: invalid value 'luck'"),
        ('"openai_chat"', '"latin"', "dialect: found 'latin', expected one of anthropic_mess"),
        ('accounts = ["one"]', "accounts = []", r"providers\[1\]: found no models or no accounts"),
        ('name = "b"', 'name = "a"', "providers: found a name twice"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(old, new, said):
    assert old in TEXT
    with pytest.raises(ScenarioError, match=said):
        scenario(TEXT.replace(old, new, 1))


def test_kinds_of_domains_must_exist():
    text = TEXT + '\n[[checks]]\ncheck = "breaker_charged"\nkind = "host|planet"\n'
    with pytest.raises(ScenarioError, match=r"checks\[2\].kind: found 'planet', expected one of"):
        read(text, "x.toml")


def test_one_key_of_a_target_can_be_named():
    assert scenario(TEXT.replace('"a/m", "b/m"', '"a/m#2", "b/m"')).routes[0].targets[0] == "a/m#2"
    with pytest.raises(ScenarioError, match="found 'b/m#2'"):
        scenario(TEXT.replace('"b/m"]', '"b/m#2"]'))
