"""Every row of the taxonomy in every phase, streamed and whole, for clients of both dialects."""

import pytest
from tests.every import every
from tests.matrix import expected
from tests.matrix.cells import CELLS, Cell, Mode, Phase
from tests.matrix.shows import is_answer, show
from tests.matrix.world import CLIENTS, Scene, refusals_move

from understudy.chat.failure import Scope

ALL = set(expected.OTHERS)
FAILURES = [cell for cell in CELLS if cell.row.surface != "gateway" and not is_answer(cell.row)]
HINTED = [cell for cell in FAILURES if cell.row.surface == "http"]
REFUSED = [cell for cell in FAILURES if expected.is_refusal(cell.row)]


def by_row(cells: list[Cell]) -> pytest.MarkDecorator:
    """One test for all cells of a row."""
    rows = {cell.row.id: [each for each in cells if each.row is cell.row] for cell in cells}
    return pytest.mark.parametrize("cells", rows.values(), ids=rows)


def committed(cell: Cell) -> bool:
    return cell.phase is Phase.TOKEN and cell.mode is Mode.STREAMED


def check_charge(scene: Scene, hint: float | None = None) -> None:
    """One domain is charged, the row's, and it is put away for as long as was said."""
    row, charged = scene.cell.row, scene.charged()
    charge = expected.charge(row)
    assert [domain.kind for domain in charged] == [charge] * (charge is not Scope.NONE)
    for view in charged.values():
        assert view.open_for == expected.open_for(row)
        assert view.resting_for == expected.rests_for(row, hint)
        is_away = view.open_for > 0 or view.resting_for > 0
        assert view.rule == (row.id if is_away else "")
        assert bool(view.why) == is_away
        assert view.failures == 1 or view.resting_for > 0


def check_end(scene: Scene, wanted: str | None) -> None:
    """The attempt goes where it should, and the client gets one whole answer or one error."""
    row = scene.cell.row
    assert scene.go_on() == wanted
    if wanted is None:
        scene.check_error()
    else:
        scene.check_whole()
    attempt = scene.stage.entry().attempts[0]
    assert (attempt.outcome, attempt.charge) == (row.id, row.counts_against)


@pytest.mark.parametrize("client", CLIENTS)
@by_row(FAILURES)
def test_a_failure_is_named_and_charged_and_answered_elsewhere(
    cells: list[Cell], client: str
) -> None:
    def check(cell: Cell) -> None:
        scene = Scene(cell, ALL, client)
        show(scene)
        check_charge(scene)
        check_end(scene, expected.next_target(cell.row, ALL, committed=committed(cell)))

    every(cells, check)


@by_row(FAILURES)
def test_reactions_are_followed_in_their_order_until_nobody_is_left(cells: list[Cell]) -> None:
    every(cells, follow)


def follow(cell: Cell) -> None:
    present = set(ALL)
    while present:
        wanted = expected.next_target(cell.row, present, committed=committed(cell))
        scene = Scene(cell, present, "openai_chat")
        show(scene)
        check_end(scene, wanted)
        if wanted in {None, expected.PRIMARY}:
            return
        present.discard(wanted or "")
    scene = Scene(cell, present, "anthropic_messages")
    show(scene)
    check_end(scene, expected.next_target(cell.row, present, committed=committed(cell)))


@pytest.mark.parametrize("hint", [7.0, 90.0])
@by_row(HINTED)
def test_what_the_header_says_outweighs_the_row(cells: list[Cell], hint: float) -> None:
    def check(cell: Cell) -> None:
        scene = Scene(cell, ALL, "openai_chat")
        show(scene, hint)
        check_charge(scene, hint)
        check_end(scene, expected.next_target(cell.row, ALL, hint=hint))

    every(cells, check)


@pytest.mark.parametrize("client", CLIENTS)
@by_row(REFUSED)
def test_a_refusal_goes_elsewhere_where_the_route_says_so(cells: list[Cell], client: str) -> None:
    def check(cell: Cell) -> None:
        scene = Scene(cell, ALL, client, route=refusals_move())
        show(scene)
        check_charge(scene)
        is_late = committed(cell)
        wanted = expected.next_target(cell.row, ALL, committed=is_late, refusals_move=True)
        check_end(scene, wanted)

    every(cells, check)
