"""What may stand in the TOML file about conversations that go on by an answer's id, and what is
made of it.
"""

from pathlib import Path
from typing import Annotated

import msgspec

from understudy.config.schema_route import Text, about
from understudy.config.values import ByteCount, Seconds

FILE = "conversations.db"


class ConversationsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Answers that clients may go on with by their id (`previous_response_id`)."""

    enabled: Annotated[
        bool,
        about(
            "Whether they are kept here, so that a conversation survives a change of provider. "
            "Otherwise such ids go to the provider as they are, whoever sends them."
        ),
    ] = True
    path: Annotated[
        Text | None,
        about("The database file. Left out: `conversations.db` beside the journal."),
    ] = None
    max_age: Annotated[
        Seconds, about("Conversations that nobody went on with for so long are deleted.")
    ] = Seconds(30 * 86_400)
    max_bytes: Annotated[
        ByteCount, about("What is kept at most; beyond it the longest unused is deleted.")
    ] = ByteCount(2**28)


class ConversationsSettings(msgspec.Struct, frozen=True):
    """`path` None: beside the journal. `max_age` is seconds."""

    enabled: bool = True
    path: Path | None = None
    max_age: float = 30 * 86_400.0
    max_bytes: int = 2**28


def conversations_settings(table: ConversationsTable, folder: Path) -> ConversationsSettings:
    """Return the settings; relative paths start at `folder`."""
    return ConversationsSettings(
        enabled=table.enabled,
        path=None if table.path is None else folder / Path(table.path).expanduser(),
        max_age=float(table.max_age),
        max_bytes=int(table.max_bytes),
    )
