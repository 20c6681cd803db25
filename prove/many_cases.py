"""Ten thousand random cases in the simulated world: what only a long search finds."""

from prove import Row
from prove.command import main
from prove.simulation import swarm


def run(*, fast: bool) -> list[Row]:
    """Measure with 10,000 cases, or with 20."""
    return [swarm(20 if fast else 10_000, None)]


main(__name__, run)
