"""docs/drills.md: its example can be played, and it leaves nothing out."""

import re
from pathlib import Path
from typing import get_args

from understudy.drills.checks import Check
from understudy.drills.reading import load, read, shipped

TEXT = (Path(__file__).parents[2] / "docs" / "drills.md").read_text()


def test_every_check_is_explained_in_its_own_words():
    for kind in get_args(Check):
        doc = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
        assert f"| `{kind.__struct_config__.tag}` | {doc} |" in TEXT


def test_every_drill_is_listed_as_it_is():
    for name in shipped():
        drill = load(name)
        row = f"| `{name}` | {drill.title} | {drill.minutes:.0f} | {len(drill.checks)} |"
        assert row in TEXT


def test_the_example_can_be_read():
    found = re.search(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert found
    assert read(found[1], "docs/drills.md").name == "ours"
