"""What an application heard against what it should have heard, token by token. No I/O."""

import difflib

import msgspec


class Verdict(msgspec.Struct, frozen=True):
    """Tokens that never came, that came twice, and that nobody should have said."""

    expected: int = 0
    lost: int = 0
    twice: int = 0
    wrong: int = 0

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.twice or self.wrong)

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(
            self.expected + other.expected,
            self.lost + other.lost,
            self.twice + other.twice,
            self.wrong + other.wrong,
        )


def compare(expected: str, heard: str) -> Verdict:
    """Compare two texts word by word; what differs in white space alone counts as wrong too."""
    want, got = expected.split(), heard.split()
    lost = twice = wrong = 0
    matcher = difflib.SequenceMatcher(None, want, got, autojunk=False)
    for verb, start, end, first, last in matcher.get_opcodes():
        if verb in {"delete", "replace"}:
            lost += end - start
        if verb in {"insert", "replace"}:
            added = got[first:last]
            if _was_said(added, want):
                twice += len(added)
            else:
                wrong += len(added)
    if not (lost or twice or wrong) and expected != heard:
        wrong = 1
    return Verdict(len(want), lost, twice, wrong)


def _was_said(added: list[str], words: list[str]) -> bool:
    """Whether words too many repeat what stands in the answer anyway."""
    size = len(added)
    return any(words[at : at + size] == added for at in range(len(words) - size + 1))
