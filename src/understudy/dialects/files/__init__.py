"""Files and batches, as providers have them, and with their owner in each id."""

from understudy.dialects.files.dialect import BARE, PINNED

DIALECTS = (PINNED, BARE)

__all__ = ["DIALECTS"]
