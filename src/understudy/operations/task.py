"""What is asked for besides chat, and what is answered: one type for each operation."""

from typing import TypeAlias

from understudy.operations.embeddings import Embedded, EmbedTask

Task: TypeAlias = EmbedTask
Result: TypeAlias = Embedded
