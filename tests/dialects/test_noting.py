"""What cannot be said is noted, where it stood."""

from msgspec import Raw

from understudy.chat.loss import Change, Loss
from understudy.dialects.noting import Noting

ONE = Raw(b"1")
FIELDS = {"mine": {"a": ONE, "b.c": ONE}, "other": {"d": ONE}}


def test_what_is_dropped_and_what_is_changed() -> None:
    losses: list[Loss] = []
    noting = Noting(losses)
    noting.drop("a", "no word")
    noting.change("b", "another word")
    assert losses == [Loss("a", "no word"), Loss("b", "another word", Change.CHANGED)]
    assert Noting().losses == []


def test_own_fields_stay_and_those_of_others_are_losses() -> None:
    noting = Noting()
    assert noting.own(FIELDS, "mine", "tools[0]") == FIELDS["mine"]
    assert [loss.path for loss in noting.losses] == ["tools[0].extensions.other.d"]
    assert noting.own({}, "mine") == {}


def test_a_field_that_the_model_refuses_is_a_loss() -> None:
    noting = Noting()
    assert noting.taken(FIELDS, "mine", {"extensions.mine.a"}) == {"b.c": ONE}
    assert [loss.path for loss in noting.losses] == ["extensions.other.d", "extensions.mine.a"]


def test_fields_are_put_where_their_names_say() -> None:
    noting = Noting()
    body: dict[str, object] = {"a": "said", "b": {}}
    noting.place(body, {"a": ONE, "new": ONE, "b.c": ONE, "gone.x": ONE}, "mine")
    assert body == {"a": "said", "b": {"c": ONE}, "new": ONE}
    assert noting.losses == [Loss("extensions.mine.gone.x", "there is no gone to say it in")]
