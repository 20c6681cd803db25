"""Faults as text: read, described, and refused with a reason."""

import msgspec
import pytest

from understudy.sim import faults as fault
from understudy.sim.fault_text import FaultError, describe, names, parse_faults
from understudy.sim.faults import Fault, When


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hang", [Fault(fault.Hang())]),
        ("hang()", [Fault(fault.Hang())]),
        ("cut(after=5)", [Fault(fault.Cut(5))]),
        ("cut(5, how=fin)", [Fault(fault.Cut(5, fault.How.FIN))]),
        ("row(openai.429.rpm)", [Fault(fault.RowOf("openai.429.rpm"))]),
        ("status(503, message='a, b')", [Fault(fault.Status(503, message="a, b"))]),
        ('status(503, message="it\'s (so)")', [Fault(fault.Status(503, message="it's (so)"))]),
        ("cut(after=5, p=0.5, until=9)", [Fault(fault.Cut(5), When(p=0.5, until=9.0))]),
        ("flap(up=1, down=2)", [Fault(fault.Refuse(), When(up=1.0, down=2.0))]),
        ("flap", [Fault(fault.Refuse(), When(up=3.0, down=3.0))]),
        (" slow ( 2 ) + cut", [Fault(fault.Slow(2.0)), Fault(fault.Cut())]),
        ('{"fault": "stall", "after": 2, "p": 0.1}', [Fault(fault.Stall(2), When(p=0.1))]),
        (
            '[{"fault": "hang"}, {"fault": "flap"}]',
            [Fault(fault.Hang()), Fault(fault.Refuse(), When(up=3.0, down=3.0))],
        ),
        ("", []),
        ("none", []),
    ],
)
def test_reads(text, expected):
    assert list(parse_faults(text)) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("cat(3)", "'cat' is no fault, did you mean 'cut'"),
        ("cut(after=x)", "Expected `int`"),
        ("cut(before=3)", "has no field 'before' (fields: after, begin, down, how,"),
        ("cut(how=soft)", "Invalid enum value 'soft'"),
        ("cut(", "'field=value' was expected at ''"),
        ("cut(,)", "'field=value' was expected"),
        ("cut hang", "'+' or the end was expected at 'hang'"),
        ("hang+", "a fault's name was expected at ''"),
        ("hang(3)", "takes no value without a name"),
        ("{", "truncated"),
        ('{"after": 3}', "None is no fault"),
    ],
)
def test_says_what_is_wrong(text, reason):
    with pytest.raises(FaultError) as caught:
        parse_faults(text)
    assert reason in str(caught.value)


def test_every_fault_reads_back_from_its_json():
    for name in set(names()) - {"flap", "row"}:
        (read,) = parse_faults(name)
        assert parse_faults(msgspec.json.encode(read.effect).decode()) == (read,)


def test_every_fault_is_described():
    for name in names():
        assert describe(name).startswith(f"{name}(")
        assert describe(name).endswith(".")
