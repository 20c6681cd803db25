"""HTTP values: how an origin is written in Host, and how fields are found."""

import pytest

from understudy.wire.http import Origin, header, media_type


@pytest.mark.parametrize(
    ("origin", "authority"),
    [
        (Origin("https", "api.example", 443), "api.example"),
        (Origin("http", "api.example", 80), "api.example"),
        (Origin("https", "api.example", 80), "api.example:80"),
        (Origin("http", "api.example", 443), "api.example:443"),
        (Origin("http", "127.0.0.1", 8000), "127.0.0.1:8000"),
        (Origin("http", "::1", 80), "[::1]"),
        (Origin("https", "::1", 8443), "[::1]:8443"),
    ],
)
def test_the_port_is_named_only_where_it_is_not_the_schemes_own(origin, authority) -> None:
    assert origin.authority == authority


def test_the_first_of_several_fields_is_found() -> None:
    headers = ((b"a", b"1"), (b"b", b"2"), (b"a", b"3"))
    assert header(headers, b"a") == b"1"
    assert header(headers, b"b") == b"2"
    assert header(headers, b"c") is None


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (b"text/event-stream", b"text/event-stream"),
        (b"Application/JSON; charset=utf-8", b"application/json"),
        (b" text/html ;x", b"text/html"),
        (b"", b""),
    ],
)
def test_a_media_type_is_read_without_its_parameters(value: bytes, found: bytes) -> None:
    assert media_type(((b"content-type", value),)) == found


def test_no_content_type_is_no_media_type() -> None:
    assert media_type(()) == b""
