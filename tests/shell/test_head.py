"""HTTP heads as bytes."""

from email.utils import parsedate_to_datetime

from hypothesis import given
from hypothesis import strategies as st

from understudy.shell.head import DateLine, fields, request_head, status_line
from understudy.wire.http import HttpRequest

names = st.from_regex(rb"\A[a-z][a-z0-9-]{0,12}\Z")
values = st.from_regex(rb"\A[!-~]([ -~]{0,20}[!-~])?\Z")


def test_a_status_line_has_the_usual_phrase_and_some_line_for_any_status() -> None:
    assert status_line(200) == b"HTTP/1.1 200 OK\r\n"
    assert status_line(404) == b"HTTP/1.1 404 Not Found\r\n"
    assert status_line(529) == b"HTTP/1.1 529 -\r\n"


@given(st.lists(st.tuples(names, values)))
def test_fields_are_lines_in_their_order(headers) -> None:
    lines = fields(tuple(headers)).split(b"\r\n")
    assert lines.pop() == b""
    assert [tuple(line.split(b": ", 1)) for line in lines] == headers


@given(st.binary(max_size=40))
def test_a_request_ends_its_head_once_and_names_the_length_of_its_body(body: bytes) -> None:
    request = HttpRequest("POST", "/v1/x?y=1", ((b"accept", b"*/*"), (b"a", b"1")), body)
    own = b"host: h:1\r\nauthorization: Bearer k\r\n"
    head = request_head(request, own)
    assert head.endswith(b"\r\n\r\n")
    assert head.count(b"\r\n\r\n") == 1
    line, *found = head[:-4].split(b"\r\n")
    assert line == b"POST /v1/x?y=1 HTTP/1.1"
    assert sorted(found) == sorted(
        [
            b"host: h:1",
            b"authorization: Bearer k",
            b"accept: */*",
            b"a: 1",
            b"content-length: %d" % len(body),
        ]
    )


def test_the_date_is_made_at_most_once_a_second() -> None:
    dates = DateLine()
    first = dates.line(100.0)
    name, _, value = first.partition(b": ")
    assert name == b"date"
    assert value.endswith(b" GMT\r\n")
    assert parsedate_to_datetime(value.decode()).tzinfo is not None
    assert dates.line(100.9) is first
    assert dates.line(101.0) is not first
