"""The judge: every check is measured by somebody, and said in one line."""

from typing import get_args

import msgspec
import pytest
from tests.drills.small import asked, case, scenario

from understudy.drills.checks import Check, ClientSuccess, Moved, name_of
from understudy.drills.judge import judge, title
from understudy.drills.selector import Selector

GIVEN = {"where": {"host": "a"}, "kind": "host", "at": 0.0, "route": "r"}


@pytest.mark.parametrize("kind", get_args(Check), ids=lambda kind: kind.__struct_config__.tag)
def test_every_check_is_measured_on_no_evidence_and_does_not_hold_where_it_needs_some(kind):
    fields = {"check": kind.__struct_config__.tag}
    for field in msgspec.structs.fields(kind):
        if field.required:
            fields[field.name] = GIVEN[field.name]
    check = msgspec.convert(fields, Check)
    small = msgspec.structs.replace(scenario(), checks=(check,))
    (verdict,) = judge(small, case().evidence)
    assert verdict.check == name_of(check)
    assert verdict.measured


def test_verdicts_come_in_the_order_of_the_file():
    found = judge(scenario(), case([asked(1.0)]).evidence)
    assert [verdict.check for verdict in found] == ["client_success", "share_moved"]


def test_a_title_says_only_what_is_not_as_usual():
    assert title(ClientSuccess()) == "client_success"
    assert title(ClientSuccess(at_least=0.5, route="x")) == "client_success (at_least=0.5, route=x)"
    assert title(Moved(Selector(host="a"), 3)) == "share_moved (host=a, at=3)"
