from understudy.chat.endpoint import Capability, Needs
from understudy.routing.shape import MOST_CALLERS, MOST_SHAPES, Proven, remember, shape_of

TOOLS = frozenset({Capability.TOOLS})


def test_a_shape_is_capabilities_and_about_the_size() -> None:
    assert shape_of(Needs(TOOLS, 300, 0)) == shape_of(Needs(TOOLS, 500, 0))
    shapes = {
        shape_of(needs)
        for needs in (
            Needs(TOOLS, 300),
            Needs(TOOLS, 600),
            Needs(TOOLS, 300, 64),
            Needs(frozenset(), 300),
        )
    }
    assert len(shapes) == 4


def test_no_more_shapes_are_remembered_than_a_bound() -> None:
    proven = Proven()
    for tokens in range(3 * MOST_SHAPES):
        needs = Needs(TOOLS, 1 << (tokens % 40), 1 << (tokens // 40))
        remember(proven, needs, "", float(tokens))
        assert len(proven.shapes) <= MOST_SHAPES
    assert max(proven.shapes.values()) == 3 * MOST_SHAPES - 1


def test_no_more_callers_are_remembered_than_a_bound_and_the_first_are_forgotten() -> None:
    proven = Proven()
    for number in range(MOST_CALLERS + 3):
        remember(proven, Needs(), f"caller {number}", float(number))
    assert len(proven.callers) == MOST_CALLERS
    assert "caller 2" not in proven.callers
    assert proven.callers["caller 3"] == 3.0
