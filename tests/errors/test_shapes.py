"""Every trouble of every provider, as the official client of every caller raises it.

Nobody else is left to answer. A cell is a caller, a provider, a trouble, streamed or whole; a test
is a row of them, so that the suite stays quick to count.
"""

import pytest
from tests.errors.callers import CALLERS, LINE, hear
from tests.errors.judging import amiss
from tests.errors.lone import Lone
from tests.errors.troubles import NEVER, SAYS, STREAMED, WHOLE


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("upstream", SAYS)
@pytest.mark.parametrize("caller", CALLERS)
def test_an_error_has_the_callers_own_shape(caller: str, upstream: str, stream: bool) -> None:
    found: list[str] = []
    for trouble in STREAMED if stream else WHOLE:
        if upstream in NEVER.get(trouble.name, ()):
            continue
        text, error = hear(Lone(upstream, trouble).answer, CALLERS[caller], stream=stream)
        assert LINE.told is not None, error
        wrong = amiss(caller, trouble, LINE.told, error, text)
        found.extend(f"{trouble.name}: {each}" for each in wrong)
    assert not found, "\n".join(found)


def test_all_is_played_that_the_table_promises() -> None:
    troubles = len(WHOLE) + len(STREAMED)
    assert (len(CALLERS), len(SAYS), troubles) == (11, 9, 50)
