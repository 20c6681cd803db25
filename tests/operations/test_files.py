import pytest

from understudy.operations.files import pinned, route_of, unpinned


def test_an_id_names_its_owner():
    assert unpinned(pinned("file-a", "llama.cpp")) == ("file-a", "llama.cpp")
    assert unpinned(pinned("a~b", "one")) == ("a~b", "one")
    assert route_of("files", "one") == "files~one"


@pytest.mark.parametrize("said", ["file-a", "file-a~", "~one", "~", ""])
def test_an_id_without_an_owner_has_none(said: str):
    assert unpinned(said) == (said, None)
