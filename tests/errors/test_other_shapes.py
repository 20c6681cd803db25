"""Every trouble of every provider of anything but chat, as its callers' clients raise it.

Nobody else is left to answer, and no socket is there: see `test_shapes` for chat.
"""

import warnings
from collections.abc import Iterator

import pytest
from tests.errors.callers import LINE, hear
from tests.errors.judging_others import amiss
from tests.errors.lone import Lone
from tests.errors.others import OTHERS, Other
from tests.errors.troubles import NEVER, WHOLE, Trouble

from understudy.operations.kinds import Operation

CANNOT_TELL = {
    "openai_speech": frozenset({"truncated", "html_200"}),
    "openai_transcription": frozenset({"html_200"}),
    "openai_files": frozenset({"truncated"}),
}
"""What an answer without a shape of its own hides: sounds and files may end anywhere."""


def troubles(other: Other, upstream: str) -> list[Trouble]:
    hidden = CANNOT_TELL.get(upstream, frozenset())
    if other.operation is Operation.CHAT:
        hidden = frozenset({"truncated"})  # the simulator's counts and compactions are whole
    family = "gemini_generate" if upstream == "gemini_embeddings" else upstream
    return [
        each for each in WHOLE if each.name not in hidden and family not in NEVER.get(each.name, ())
    ]


def heard(other: Other, upstream: str, trouble: Trouble) -> list[str]:
    """What is amiss."""

    def asking(_stream: bool) -> Iterator[str]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of ollama's older embeddings
            other.ask()
        return iter(())

    answerer = Lone(upstream, trouble, other.operation).answer
    _, error = hear(answerer, asking, stream=False)
    assert LINE.told is not None, error
    if other.may_guess and not trouble.is_callers:
        is_guess = LINE.told.field("x-understudy-estimate") == "true"
        return [] if error is None and is_guess else [f"{trouble.name}: no guess, but {error}"]
    return [f"{trouble.name}: {each}" for each in amiss(other.judge, trouble, LINE.told, error)]


@pytest.mark.parametrize("name", OTHERS)
def test_an_error_has_the_callers_own_shape(name: str) -> None:
    other = OTHERS[name]
    found = [
        f"{upstream} {each}"
        for upstream in other.upstreams
        for trouble in troubles(other, upstream)
        for each in heard(other, upstream, trouble)
    ]
    assert not found, "\n".join(found)


def test_all_is_played_that_the_table_promises() -> None:
    cells = sum(
        len(troubles(other, upstream)) for other in OTHERS.values() for upstream in other.upstreams
    )
    assert (len(OTHERS), cells) == (28, 1496)
