"""What may stand in the TOML file about pictures and documents given by their address, and what is
made of it.
"""

from typing import Annotated

import msgspec

from understudy.config.schema_route import about
from understudy.config.values import ByteCount, Seconds


class MediaTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pictures and documents that callers give by their address, for targets that want bytes."""

    fetch: Annotated[
        bool,
        about(
            "Whether they are fetched when such a target is asked. Only from the public internet, "
            "at the usual ports; otherwise such a target is passed over."
        ),
    ] = True
    max_bytes: Annotated[ByteCount, about("Of one file.")] = ByteCount(20 * 2**20)
    timeout: Annotated[Seconds, about("For one file, redirects included.")] = Seconds(10)


class MediaSettings(msgspec.Struct, frozen=True):
    """`timeout` is seconds."""

    fetch: bool = True
    max_bytes: int = 20 * 2**20
    timeout: float = 10.0


def media_settings(table: MediaTable) -> MediaSettings:
    """Return the settings."""
    return MediaSettings(table.fetch, int(table.max_bytes), float(table.timeout))
