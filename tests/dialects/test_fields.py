"""Vendor fields: a dialect's own, and everybody else's."""

import msgspec

from understudy.chat.loss import Loss
from understudy.dialects.fields import foreign, own

FIELDS = {"one.a": msgspec.Raw(b"1"), "one.b.c": msgspec.Raw(b"2"), "two.a": msgspec.Raw(b"3")}


def test_own_fields_have_their_own_names() -> None:
    assert own(FIELDS, "one.") == {"a": FIELDS["one.a"], "b.c": FIELDS["one.b.c"]}
    assert own(None, "one.") == {}


def test_what_another_dialect_kept_is_a_loss() -> None:
    assert foreign(FIELDS, "started", "one.") == [
        Loss("started.two.a", "a field of another dialect")
    ]
    assert foreign(None, "started", "one.") == []
