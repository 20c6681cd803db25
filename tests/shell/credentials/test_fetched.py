"""What was fetched writes lines, and shows nothing by itself."""

from understudy.shell.credentials.fetched import Bearer, Fetched
from understudy.wire.http import HttpRequest


def test_a_bearer_shows_the_same_to_all():
    bearer = Bearer({"Authorization": "Bearer t", "x-goog-user-project": "p"})
    lines = bearer.lines(HttpRequest("POST", "/", (), b""), "host", 0.0)
    assert lines == b"authorization: Bearer t\r\nx-goog-user-project: p\r\n"


def test_nothing_secret_is_in_its_words():
    fetched = Fetched(Bearer({"authorization": "Bearer canary"}), ("canary",), 1.0, "a role")
    assert "canary" not in f"{fetched!r} {fetched} {[fetched]} {fetched.signs!r}"
    assert "a role" in repr(fetched)
