import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.dialects.pages import LOOKED_AT, TITLE_CHARS, describe_page


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><title>No entry</title></html>", "expected JSON, found <html>: No entry"),
        (b"<!DOCTYPE html>\n<body>hm", "expected JSON, found <html>"),
        (b"\xef\xbb\xbf \r\n<HTML lang='en'><TITLE>A</TITLE>", "expected JSON, found <html>: A"),
        (b"<!--[if IE]><html ><![endif]--><title>A</title>", "expected JSON, found <html>: A"),
        (b"<html><title>a &amp; b &lt;i&gt;</title>", "expected JSON, found <html>: a & b i"),
        (
            b"<html><title id='t'>\n two\n lines\x00 </title>",
            "expected JSON, found <html>: two lines",
        ),
        (b"<html><title>never closed", "expected JSON, found <html>"),
        (b"<html><title> </title>", "expected JSON, found <html>"),
        (b"<?xml version='1.0'?><Error/>", "expected JSON, found markup that is no HTML"),
        (b"<htmlish>", "expected JSON, found markup that is no HTML"),
        (b"error code: 1020", None),
        (b"", None),
        (b"{}", None),
    ],
)
def test_a_page_is_told_by_its_mark_and_its_title(body, said):
    assert describe_page(body) == said


def test_what_is_kept_is_short_however_long_the_page():
    said = describe_page(b"<html><title>" + b"x" * 1000 + b"</title>" + b"y" * 10**6)
    assert said is not None
    assert said.endswith("…")
    assert len(said) < TITLE_CHARS + 40
    assert describe_page(b"<html>" + b" " * LOOKED_AT + b"<title>A</title>") == (
        "expected JSON, found <html>"
    )


@given(st.binary(max_size=200), st.text(max_size=200))
def test_no_page_breaks_the_line_or_brings_markup_along(garbage, title):
    page = b"<html><title>" + title.encode(errors="replace") + b"</title>" + garbage
    for body in (page, b"<" + garbage):
        said = describe_page(body)
        assert said is not None
        assert said.isprintable()
        assert "<" not in said.replace("<html>", "", 1)
