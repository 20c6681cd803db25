import json

import msgspec
import pytest

from understudy.dialects.openai_responses.items import Parts, make_item
from understudy.dialects.openai_responses.outputs import Outputs


def raws(**fields):
    return {name: msgspec.Raw(json.dumps(value).encode()) for name, value in fields.items()}


def outputs(*items):
    """Items that have begun: (number, type, id)."""
    made = Outputs()
    for number, kind, id_ in items:
        said = raws(type=kind, id=id_)
        made.items[number] = make_item(Parts(), msgspec.Raw(b"{}"), said)
    return made


THOUGHT = (0, "reasoning", "rs")
WORDS = (1, "message", "msg")


@pytest.mark.parametrize(
    ("event", "number"),
    [
        ({"output_index": 1}, 1),
        ({"output_index": 1, "item_id": "another each time"}, 1),
        ({"output_index": 0, "item_id": "msg"}, 1),
        ({"item_id": "msg"}, 1),
        ({}, 1),
        ({"output_index": None}, 1),
        ({"output_index": 5, "item_id": "new"}, 5),
        ({"item_id": "new each time"}, 1),
    ],
)
def test_an_event_is_about_the_item_that_it_names(event, number):
    assert outputs(THOUGHT, WORDS).find(raws(**event), {"message"}) == number


def test_what_ended_is_found_by_its_name_alone():
    found = outputs(WORDS)
    found.done.add(1)
    assert found.find(raws(item_id="msg"), {"message"}) == 1
    assert found.find(raws(), {"message"}) == 2


def test_a_number_that_another_kind_has_is_given_up():
    found = outputs(THOUGHT)
    event = raws(output_index=0, item_id="msg")
    number = found.find(event, {"message"})
    assert number not in found.items
    assert found.fresh(event, raws(type="message", id="msg")) == number
    assert found.fresh(raws(output_index=0), raws(type="reasoning", id="rs")) == 0


def test_an_end_finds_its_beginning():
    found = outputs(THOUGHT, WORDS)
    end = raws(output_index=0, item={"type": "message", "id": "msg"})
    assert found.ended(end, raws(type="message", id="msg")) == 1
    untold = raws(output_index=0, item={"id": "rs"})
    assert found.ended(untold, raws(id="rs")) == 0


def test_only_a_thought_under_way_is_one():
    found = outputs(THOUGHT, WORDS)
    assert found.is_thought(raws(output_index=0))
    assert not found.is_thought(raws(output_index=1))
    found.done.add(0)
    assert not found.is_thought(raws(output_index=0))


def test_names_that_change_with_every_event_are_one_item():
    found = outputs(THOUGHT, (1 << 20, "message", "a"))
    assert found.find(raws(output_index=0, item_id="b"), {"message"}) == 1 << 20
    assert found.find(raws(item_id="c"), {"message"}) == 1 << 20
