from pathlib import Path

from tests.config.world import read

from understudy.config.conversations import (
    ConversationsSettings,
    ConversationsTable,
    conversations_settings,
)
from understudy.config.values import Seconds

ROUTE = '[providers.openai]\nkey = "env:OPENAI_API_KEY"\n[routes.a]\ntargets = ["openai/m"]\n'


def test_they_are_kept_unless_that_is_off():
    assert conversations_settings(ConversationsTable(), Path("/x")) == ConversationsSettings()
    assert read(ROUTE).conversations.enabled
    assert not read("[conversations]\nenabled = false\n" + ROUTE).conversations.enabled


def test_a_path_starts_at_the_files_folder():
    table = ConversationsTable(path="c.db", max_age=Seconds(60))
    made = conversations_settings(table, Path("/x"))
    assert (made.path, made.max_age) == (Path("/x/c.db"), 60.0)
