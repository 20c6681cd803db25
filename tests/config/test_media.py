"""What is said of files by their address."""

from understudy.config.media import MediaSettings, MediaTable, media_settings
from understudy.config.values import ByteCount, Seconds


def test_what_holds_where_nothing_is_said() -> None:
    assert media_settings(MediaTable()) == MediaSettings()


def test_everything_may_be_said() -> None:
    table = MediaTable(fetch=False, max_bytes=ByteCount(5), timeout=Seconds(2))
    assert media_settings(table) == MediaSettings(fetch=False, max_bytes=5, timeout=2.0)
