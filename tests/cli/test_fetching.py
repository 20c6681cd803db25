"""Lists are fetched from where the user says: bounded, in private, and the key stays at home."""

import socket

import pytest
from tests.cli.listed import served

from understudy.cli import fetching
from understudy.cli.fetching import Unfetched, fetch, fetch_with_key, read_file


def test_a_list_is_followed_to_where_it_moved():
    with served() as server:
        server.pages = {"/a?b=c": (302, "/d", b""), "/d": (200, "", b"[]")}
        assert fetch(f"{server.url}/a?b=c") == b"[]"
        server.pages["/loop"] = (302, "/loop", b"")
        with pytest.raises(Unfetched, match="more than 3 redirects"):
            fetch(f"{server.url}/loop")
        with pytest.raises(Unfetched, match="status 404"):
            fetch(f"{server.url}/absent")


def test_a_key_follows_no_redirect():
    with served() as server:
        server.pages = {"/a": (302, "/d", b""), "/d": (200, "", b"[]")}
        with pytest.raises(Unfetched, match="status 302"):
            fetch_with_key(f"{server.url}/a", {"authorization": "Bearer k"})
        assert [path for path, _ in server.asked] == ["/a"]
        assert fetch_with_key(f"{server.url}/d", {"authorization": "Bearer k"}) == b"[]"
        assert server.asked[-1][1]["authorization"] == "Bearer k"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://models.example/api.json", "expected https"),
        ("ftp://models.example", "expected an http"),
        ("https://user:word@models.example/", "user or password"),
    ],
)
def test_nobody_can_change_prices_on_the_way(url, found):
    with pytest.raises(Unfetched, match=found):
        fetch(url)


def test_https_does_not_lead_to_this_machine(monkeypatch):
    moved = (302, "http://127.0.0.1:1/x", b"")
    monkeypatch.setattr(fetching, "_get", lambda url, headers: moved)
    with pytest.raises(Unfetched, match="away from https"):
        fetch("https://models.example/api.json")


def test_too_much_and_nobody_there_are_told(monkeypatch, tmp_path):
    monkeypatch.setattr(fetching, "LARGEST", 3)
    (tmp_path / "a").write_bytes(b"1234")
    with served() as server:
        server.pages = {"/a": (200, "", b"1234")}
        with pytest.raises(Unfetched, match="more than 3 bytes"):
            fetch(f"{server.url}/a")
    with pytest.raises(Unfetched, match="more than 3 bytes"):
        read_file(tmp_path / "a")
    with pytest.raises(Unfetched, match="no such file"):
        read_file(tmp_path / "b")
    with socket.socket() as guard:
        guard.bind(("127.0.0.1", 0))
        with pytest.raises(Unfetched, match="refused"):
            fetch(f"http://127.0.0.1:{guard.getsockname()[1]}/")
