"""A file is the old one or the new one."""

import stat

import pytest

from understudy.cli.writing import write_whole


def test_it_takes_the_place_of_the_old_one(tmp_path):
    path = tmp_path / "new" / "folder" / "a.json"
    write_whole(path, b"one")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path):
    path = tmp_path / "a"
    path.mkdir()
    (path / "in the way").touch()
    with pytest.raises(OSError, match="directory"):
        write_whole(path, b"x")
    assert list(tmp_path.iterdir()) == [path]
