"""Vendor fields: a dialect's own, and everybody else's."""

import msgspec

from understudy.chat.loss import Loss
from understudy.dialects.fields import foreign, own, strange

FIELDS = {"one.a": msgspec.Raw(b"1"), "one.b.c": msgspec.Raw(b"2"), "two.a": msgspec.Raw(b"3")}


def test_own_fields_have_their_own_names() -> None:
    assert own(FIELDS, "one.") == {"a": FIELDS["one.a"], "b.c": FIELDS["one.b.c"]}
    assert own(None, "one.") == {}


def test_what_another_dialect_kept_is_a_loss() -> None:
    assert foreign(FIELDS, "started", "one.") == [
        Loss("started.two.a", "a field of another dialect")
    ]
    assert foreign(None, "started", "one.") == []


def test_a_request_says_where_it_has_fields_of_other_dialects() -> None:
    one = msgspec.Raw(b"1")
    extensions = {"mine": {"a": one}, "other": {"b": one, "c": one}}
    assert list(strange(extensions, "mine", "")) == ["extensions.other.b", "extensions.other.c"]
    assert list(strange(extensions, "other", "tools[0]")) == ["tools[0].extensions.mine.a"]
