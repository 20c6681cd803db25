from understudy.chat.endpoint import Capability, Needs
from understudy.routing.shape import MOST_SHAPES, Shape, remember, shape_of

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
    worked: dict[Shape, float] = {}
    for tokens in range(3 * MOST_SHAPES):
        remember(worked, Needs(TOOLS, 1 << (tokens % 40), 1 << (tokens // 40)), float(tokens))
        assert len(worked) <= MOST_SHAPES
    assert max(worked.values()) == 3 * MOST_SHAPES - 1
