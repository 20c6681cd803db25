"""The shapes that are found, and those that only look like them."""

import itertools
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.journal.detectors import (
    BUILTIN,
    SECRET_FIELDS,
    Detector,
    Span,
    find,
    passes_luhn,
)

BODY = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF"


def named(text: str) -> list[tuple[str, str]]:
    return [(span.name, text[span.start : span.end]) for span in find(text, BUILTIN)]


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("key", f"sk-{BODY}"),
        ("key", f"sk-proj-{BODY}_x-{BODY}"),
        ("key", f"sk-ant-api03-{BODY}"),
        ("key", f"gsk_{BODY}"),
        ("key", f"xai-{BODY}"),
        ("key", f"hf_{BODY}"),
        ("key", f"ghp_{BODY}"),
        ("key", f"us-{BODY}{BODY[:11]}"),
        ("key", f"AIza{BODY}abc"),
        ("key", "AKIAABCDEFGHIJKLMNOP"),
        ("token", f"eyJhbGciOiJI.{BODY}.{BODY}"),
        ("token", f"ya29.{BODY}"),
        ("email", "jane.o'neil+news@mail.example.co.uk"),
        ("email", "jürgen@example.com"),
        ("card", "4111 1111 1111 1111"),
        ("card", "4111-1111-1111-1111"),
        ("card", "5555555555554444"),
        ("card", "378282246310005"),
        ("card", "3782 822463 10005"),
        ("card", "30569309025904"),
        ("card", "6200000000000000000"),
        (
            "private-key",
            f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n{BODY}\n-----END RSA PRIVATE KEY-----",
        ),
    ],
)
@pytest.mark.parametrize("around", ["{}", "it is {}, ok", "({})", "x={}\n"])
def test_a_secret_is_found_whole_wherever_it_stands(name, secret, around):
    assert named(around.format(secret)) == [(name, secret)]


def test_a_private_key_that_was_cut_off_is_found_to_its_end():
    assert named(f"see -----BEGIN PRIVATE KEY-----\n{BODY}") == [
        ("private-key", f"-----BEGIN PRIVATE KEY-----\n{BODY}")
    ]


@pytest.mark.parametrize(
    ("text", "name", "secret"),
    [
        (f"Authorization: Bearer {BODY}", "authorization", BODY),
        ("authorization: basic dXNlcjpwYXNzd29yZA==", "authorization", "dXNlcjpwYXNzd29yZA=="),
        ("api_key = 'letmein99'", "secret", "letmein99"),
        ('{"password": "letmein99"}', "secret", "letmein99"),
        (r"{\"client_secret\":\"letmein99\"}", "secret", "letmein99"),
        ("AWS_SECRET_ACCESS_KEY=abc/def+ghi", "secret", "abc/def+ghi"),
        ("postgres://shop:letmein99@db/orders", "password", "letmein99"),
    ],
)
def test_of_a_phrase_only_the_secret_is_found(text, name, secret):
    assert named(text) == [(name, secret)]


@pytest.mark.parametrize(
    "text",
    [
        "task-force-of-many-brave-people",
        "sk-short",
        "us-0123456789-12345678",
        "us-gov-west-1 and us-east-1",
        "max_tokens: 100, key: value, the token is a word",
        "the bearer of news is here, a basic demonstration of bearer responsibilities",
        "created by twemoji@16.0.1",
        "id 4111111111111111ff9439144b2c or c4111111111111111",
        "logprob -0.4111111111111111",
        "at 1700000000000 or 1700000000000000",
        "4111 1111 1111 1112",
        "41111111111111111111111111",
        "4111.1111.1111.1111",
        "an @ alone, a@b, @handle, python @decorator",
        f"data:image/png;base64,{BODY}AKIAABCDEFGHIJKLMNOP{BODY}",
        "https://example.com:8080/path",
        "eyJhbGciOiJI.short",
    ],
)
def test_what_only_looks_like_one_is_left(text):
    assert named(text) == []


def test_several_are_found_in_order_without_overlap():
    text = f"api_key=sk-{BODY} of jane@example.com"
    assert named(text) == [("key", f"sk-{BODY}"), ("email", "jane@example.com")]


@pytest.mark.parametrize("place", [16 * 1024 - 20, 16 * 1024 - 3, 20 * 1024 - 5, 40 * 1024])
def test_a_long_text_is_searched_across_its_parts(place):
    text = "." * place + f" sk-{BODY} " + "." * 30_000
    assert named(text) == [("key", f"sk-{BODY}")]


@given(st.text(alphabet="0123456789", min_size=12, max_size=18))
def test_exactly_one_check_digit_fits(number):
    assert sum(passes_luhn(number + digit) for digit in string.digits) == 1


@given(st.text(max_size=200), st.lists(st.tuples(st.integers(0, 199), st.integers(1, 50))))
def test_found_parts_are_ordered_disjoint_and_inside(text, seeds):
    detectors = [
        Detector(f"d{place}", (), BUILTIN[place % len(BUILTIN)].pattern, least=0)
        for place, _ in seeds
    ]
    spans = find(text, detectors)
    assert spans == sorted(spans)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(one.end <= two.start for one, two in itertools.pairwise(spans))


def test_spans_compare_by_place():
    assert Span(1, 2, "b") < Span(2, 3, "a")


@pytest.mark.parametrize(
    "name",
    [
        *("Authorization", "proxy-authorization", "api_key", "apiKey", "x-api-key", "password"),
        *("X-Goog-Api-Key", "Cookie", "client_secret", "aws_secret_access_key", "access_token"),
        "private_key",
    ],
)
def test_a_field_named_like_a_secret_is_one(name):
    assert SECRET_FIELDS.fullmatch(name)


@pytest.mark.parametrize(
    "name", ["token", "max_tokens", "key", "author", "tokens", "content", "id", "secretary"]
)
def test_other_fields_are_not(name):
    assert SECRET_FIELDS.fullmatch(name) is None
