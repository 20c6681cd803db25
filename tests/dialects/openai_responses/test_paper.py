from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.parts import CacheHint
from understudy.dialects.openai_responses.paper import Paper
from understudy.dialects.openai_responses.schema import Raw


def paper(**fields) -> Paper:
    return Paper(Endpoint("openai_responses", "m", "/", "openai", **fields))


def test_what_is_refused_or_cannot_be_done_is_lost_once():
    made = paper(rejects=frozenset({"user"}), capabilities=frozenset({Capability.TOOLS}))
    assert not made.allows("user")
    assert not made.allows("user")
    assert made.allows("metadata")
    assert made.can("tools", Capability.TOOLS)
    assert not made.can("images", Capability.VISION)
    assert [loss.path for loss in made.losses()] == ["user", "images"]


def test_fields_of_other_dialects_are_lost():
    made = paper()
    own = {"a": Raw(b"1")}
    assert made.own({"openai_responses": own, "x": {"b": Raw(b"2")}}, "tools[0]") == own
    assert made.losses() == (
        Loss("tools[0].extensions.x.b", "a field of another dialect", Change.DROPPED),
    )


def test_marks_of_caches_are_lost():
    made = paper()
    made.unmarked(None, "x")
    made.unmarked(CacheHint(), "x")
    made.unmarked(CacheHint(), "")
    assert [loss.path for loss in made.losses()] == ["x.cache", "cache"]
