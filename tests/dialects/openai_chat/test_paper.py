import msgspec
from tests.dialects.openai_chat.talk import endpoint

from understudy.chat.endpoint import Capability
from understudy.chat.loss import Change, Loss
from understudy.chat.parts import CacheHint
from understudy.dialects.openai_chat.paper import Paper

RAW = msgspec.Raw(b"1")


def test_a_loss_is_noted_once():
    paper = Paper(endpoint())
    for _ in range(2):
        paper.lose("a", "why", Change.CHANGED)
    assert paper.losses() == (Loss("a", "why", Change.CHANGED),)


def test_what_is_refused_is_lost():
    paper = Paper(endpoint(rejects=frozenset({"a", "kind"})))
    assert not paper.allows("a")
    assert not paper.allows("b", "kind")
    assert paper.allows("c")
    assert [loss.path for loss in paper.losses()] == ["a", "b"]


def test_what_the_target_cannot_do_is_lost():
    paper = Paper(endpoint(capabilities=frozenset({Capability.TOOLS}), rejects=frozenset({"b"})))
    assert paper.can("a", Capability.TOOLS)
    assert not paper.can("b", Capability.TOOLS)
    assert not paper.can("c", Capability.VISION)
    assert [loss.path for loss in paper.losses()] == ["b", "c"]


def test_own_fields_are_given_others_lost():
    paper = Paper(endpoint())
    assert paper.own({"openai_chat": {"a": RAW}, "other": {"b": RAW}}, "at") == {"a": RAW}
    assert paper.own({}, "") == {}
    assert [loss.path for loss in paper.losses()] == ["at.extensions.other.b"]


def test_cache_markers_are_written_where_they_are_taken():
    taken: dict[str, object] = {}
    Paper(endpoint(accepts=frozenset({"cache"}))).mark(CacheHint("1h"), taken, "at")
    assert taken == {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    paper = Paper(endpoint())
    lost: dict[str, object] = {}
    paper.mark(CacheHint(), lost, "at")
    paper.mark(None, lost, "at")
    assert lost == {}
    assert [loss.path for loss in paper.losses()] == ["at.cache"]
