"""Where the journal is when nobody says otherwise. The one place that knows."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

VARIABLE: Final = "UNDERSTUDY_JOURNAL"
"""The environment variable that names another file."""


def default_path(environment: Mapping[str, str] | None = None) -> Path:
    """Return the usual place: `understudy/journal.db` under $XDG_STATE_HOME (~/.local/state).

    A relative $XDG_STATE_HOME does not count (XDG Base Directory Specification 0.8). Where there
    is no home either, the place is under the working directory.
    """
    around = os.environ if environment is None else environment
    state = around.get("XDG_STATE_HOME", "")
    if os.path.isabs(state):  # noqa: PTH117 - a text, perhaps empty
        return Path(state) / "understudy" / "journal.db"
    return Path(around.get("HOME") or ".") / ".local" / "state" / "understudy" / "journal.db"


def journal_path(given: Path | None, environment: Mapping[str, str] | None = None) -> Path:
    """Return the journal to use: the one given, else $UNDERSTUDY_JOURNAL, else the usual place."""
    if given is not None:
        return given
    around = os.environ if environment is None else environment
    named = around.get(VARIABLE)
    return Path(named) if named else default_path(around)
