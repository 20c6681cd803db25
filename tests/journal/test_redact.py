"""What is struck out of bodies, and what stays as it was."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.dialects.recordings import exchanges, require
from tests.journal.entries import entry, failed_over

from understudy.journal.pattern import InvalidPattern
from understudy.journal.redact import LIMIT_BYTES, Redactor

BODY = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF"
KEY = f"sk-{BODY}"
SECRETS = (KEY, "jane@example.com", "4111 1111 1111 1111", f"eyJhbGciOiJI.{BODY}.{BODY}")

# Letters and marks that no detector can make anything of.
HARMLESS = st.text(alphabet=st.characters(blacklist_categories=("Cs", "Nd")), max_size=60).map(
    lambda text: text.translate(dict.fromkeys(map(ord, "@-_=:+/")))
)
# Hypothesis draws from the program's own words, too: no name of these is one of a secret.
NAMES = HARMLESS.map("a {}".format)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-999, 999) | HARMLESS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


def redacted(value: object, *patterns: str) -> object:
    return json.loads(Redactor(patterns).body(json.dumps(value).encode()))


def stream(pieces: list[str], *, index: int = 0) -> bytes:
    """An answer in the manner of chat completions, one event to each piece."""
    events = [{"choices": [{"index": index, "delta": {"content": piece}}]} for piece in pieces]
    lines = [b"data: " + json.dumps(event).encode() for event in events]
    return b"\n\n".join([*lines, b"data: [DONE]\n\n"])


def said(body: bytes, index: int = 0) -> str:
    """All that the answer says, read back from the events."""
    events = [json.loads(line[6:]) for line in body.splitlines() if line.startswith(b"data: {")]
    choices = [event["choices"][0] for event in events]
    return "".join(one["delta"]["content"] for one in choices if one["index"] == index)


def test_secrets_in_a_request_are_struck_out_and_the_rest_stays():
    body = {
        "model": "m",
        "messages": [
            {"role": "user", "content": f"mail jane@example.com, key {KEY}, card 4111111111111111."}
        ],
    }
    assert redacted(body) == {
        "model": "m",
        "messages": [
            {
                "role": "user",
                "content": "mail [redacted:email], key [redacted:key], card [redacted:card].",
            }
        ],
    }


def test_a_body_with_nothing_in_it_is_the_same_bytes():
    body = b'{ "a" : [1.50, 1e3, "\\u00e9", "x\\/y"],\n"a":"\xc3\xa9" }'
    assert Redactor().body(body) is body


def test_bytes_that_are_no_text_survive_beside_a_secret():
    body = b'{"a": "\xff\xfe", "b": "jane@example.com"}'
    assert Redactor().body(body) == b'{"a": "\xff\xfe", "b": "[redacted:email]"}'


def test_an_escaped_secret_is_found():
    assert (
        Redactor().body(b'{"a":"\\u0073k-' + BODY.encode() + b'\\n"}')
        == b'{"a":"[redacted:key]\\n"}'
    )


def test_a_secret_field_is_struck_out_whatever_it_holds():
    body = {"api_key": "hunter2", "Password": "x", "token": "Hel", "n": {"authorization": "abc"}}
    assert redacted(body) == {
        "api_key": "[redacted:field]",
        "Password": "[redacted:field]",
        "token": "Hel",
        "n": {"authorization": "[redacted:field]"},
    }


def test_the_schema_of_a_secret_field_stays():
    body = {"properties": {"password": {"type": "string"}}, "required": ["password", "api_key"]}
    assert redacted(body) == body


def test_a_number_that_is_a_card_becomes_a_text():
    assert redacted({"n": 4111111111111111, "m": [4111111111111111, 5]}) == {
        "n": "[redacted:card]",
        "m": ["[redacted:card]", 5],
    }


def test_a_name_that_is_an_address_is_struck_out():
    assert redacted({"jane@example.com": 1}) == {"[redacted:email]": 1}


def test_arguments_of_a_tool_are_read_as_the_json_they_are():
    arguments = json.dumps({"to": "jane@example.com", "password": "letmein99"})
    assert redacted({"arguments": arguments}) == {
        "arguments": '{"to": "[redacted:email]", "password": "[redacted:secret]"}'
    }


def test_what_a_stream_says_in_pieces_is_found_as_a_whole():
    pieces = ["Write to", " jane", "@exa", "mple.com", f" or {KEY[:9]}", KEY[9:], ". Bye"]
    body = Redactor().body(stream(pieces))
    assert said(body) == "Write to [redacted:email] or [redacted:key]. Bye"
    assert body.endswith(b"data: [DONE]\n\n")


def test_two_answers_of_one_stream_are_read_apart():
    events = [
        stream([piece], index=index).replace(b"data: [DONE]\n\n", b"")
        for index, piece in ((0, "jane@"), (1, "hello "), (0, "example.com"), (1, "world"))
    ]
    body = Redactor().body(b"".join(events))
    assert said(body, 0) == "[redacted:email]"
    assert said(body, 1) == "hello world"


def test_pieces_of_other_events_are_found_too():
    lines = [
        {"type": "content_block_delta", "index": 1, "delta": {"partial_json": piece}}
        for piece in ('{"to":"ja', 'ne@example.com"', "}")
    ]
    body = b"".join(
        b"event: content_block_delta\ndata: " + json.dumps(line).encode() + b"\n\n"
        for line in lines
    )
    assert b"jane" not in (out := Redactor().body(body))
    assert b"ne@example" not in out
    assert out.count(b"event: content_block_delta\n") == 3


@given(st.data())
def test_no_secret_survives_however_its_stream_is_cut(data):
    secret = data.draw(st.sampled_from(SECRETS))
    before, after = data.draw(HARMLESS), data.draw(HARMLESS)
    text = f"{before} {secret} {after}"
    places = data.draw(st.lists(st.integers(0, len(text)), max_size=8))
    cuts = [0, *sorted(places), len(text)]
    pieces = [text[start:end] for start, end in itertools.pairwise(cuts)]
    out = said(Redactor().body(stream(pieces)))
    assert secret not in out
    assert out.startswith(f"{before} [redacted:")
    assert out.endswith(f"] {after}")


@given(JSON)
def test_harmless_json_is_the_same_bytes(value):
    body = json.dumps(value).encode()
    assert Redactor().body(body) == body


@given(JSON, st.sampled_from(SECRETS), st.booleans())
def test_a_secret_leaves_json_valid_and_the_rest_equal(value, secret, is_ascii):
    body = json.dumps({"a": value, "s": f"({secret})", "z": value}, ensure_ascii=is_ascii).encode()
    out = json.loads(Redactor().body(body))
    assert (out["a"], out["z"]) == (value, value)
    assert out["s"].startswith("([redacted:")
    assert secret not in out["s"]


@given(st.binary(max_size=300), st.integers(0, 300))
def test_any_bytes_can_be_redacted_at_any_limit(body, limit):
    kept = Redactor(limit_bytes=limit).body(body)
    assert kept == Redactor().body(body) if len(body) <= limit else kept.endswith(b" in all]")


@given(st.data())
def test_redacting_again_changes_nothing(data):
    texts = st.lists(st.sampled_from((*SECRETS, "and", "api_key", "Bearer x")), max_size=6)
    body = json.dumps({"messages": data.draw(texts), "api_key": "x"}).encode()
    once = Redactor().body(body)
    assert Redactor().body(once) == once


def test_a_plain_text_is_read_as_one():
    body = f'<p class="x">key="{KEY}" password="letmein99"</p> C:\\new'.encode()
    assert Redactor().body(body) == (
        b'<p class="x">key="[redacted:key]" password="[redacted:secret]"</p> C:\\new'
    )


def test_a_message_can_be_redacted_alone():
    assert Redactor().text(f"incorrect key {KEY}") == "incorrect key [redacted:key]"
    assert Redactor().text("rate limited") == "rate limited"


def test_messages_of_attempts_are_clean_and_an_entry_without_a_secret_is_the_same():
    dirty = failed_over()
    refused = replace(dirty.attempts[0], message=f"incorrect key {KEY}")
    clean = Redactor().facts(replace(dirty, attempts=(refused, dirty.attempts[1])))
    assert clean.attempts[0].message == "incorrect key [redacted:key]"
    assert clean.attempts[1] is dirty.attempts[1]
    for harmless in (entry(), failed_over()):
        assert Redactor().facts(harmless) is harmless


def test_the_owners_patterns_count_beside_the_usual():
    assert redacted({"a": "ACME-12345 of jane@example.com"}, r"ACME-\d+") == {
        "a": "[redacted:custom] of [redacted:email]"
    }


def test_a_pattern_that_may_explode_is_refused():
    with pytest.raises(InvalidPattern):
        Redactor((r"(a+)+$",))


def test_a_long_body_is_cut_and_says_so():
    body = json.dumps({"text": "word " * LIMIT_BYTES}).encode()
    kept = Redactor().body(body)
    assert len(kept) <= LIMIT_BYTES + 40
    assert kept.endswith(b"word [cut: %d bytes in all]" % len(body))


@pytest.mark.parametrize("secret", SECRETS)
def test_no_part_of_a_secret_is_left_where_a_body_is_cut(secret):
    body = json.dumps({"text": f"it is {secret}, ok"}).encode()
    start = body.index(secret.encode())
    for limit in range(start + 1, start + len(secret)):
        kept = Redactor(limit_bytes=limit).body(body)
        text = kept.partition(b" [cut")[0].partition(b"[redacted")[0]
        assert text in {b'{"text": "it is ', b'{"text": "it is'}


def test_a_secret_after_a_line_feed_is_found_in_a_body_that_was_cut():
    body = json.dumps({"text": f"it is\n{KEY} " + "word " * 100}).encode()
    assert Redactor(limit_bytes=200).body(body).startswith(b'{"text": "it is\\n[redacted:key] word')


def test_escapes_of_a_string_that_is_broken_are_read_as_far_as_they_can_be():
    body = b'{"text": "\\x it is\\n\\u0073k-' + BODY.encode() + b' \\u00"}'
    assert Redactor().body(body) == b'{"text": "x it is\\n[redacted:key] u00"}'


def test_what_stands_before_a_huge_text_is_kept_when_it_is_cut():
    body = json.dumps({"text": "hello", "image": "A" * 2 * LIMIT_BYTES}).encode()
    assert Redactor().body(body).startswith(b'{"text": "hello", "image": " [cut: ')


@pytest.mark.recordings
@pytest.mark.parametrize(("endpoint", "provider"), [("chat", "openai"), ("messages", "anthropic")])
def test_a_real_exchange_stays_what_it_is(endpoint, provider):
    found = exchanges(endpoint, frozenset({provider}))
    require(found, f"redaction of {provider}'s {endpoint}")
    redactor = Redactor(limit_bytes=2**24)
    for exchange in found:
        for body in (exchange.request, exchange.response):
            assert shapes(redactor.body(body)) == shapes(body)


def shapes(body: bytes) -> list[object]:
    """The structure of each JSON document in a body; None where a line is none."""
    lines = body.split(b"\n") if b"\ndata:" in body or body.startswith(b"data:") else [body]
    return [shape_of(line.removeprefix(b"data: ")) for line in lines]


def shape_of(document: bytes) -> object:
    try:
        value = json.loads(document)
    except ValueError:
        return None
    return shape(value)


def shape(value: object) -> object:
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(inner) for inner in value] if isinstance(value, list) else type(value)


@pytest.mark.parametrize(
    "body",
    [
        b"@",
        b"a@",
        b"4",
        b"4 ",
        b"4111-",
        b'"',
        b'"\\',
        b'{"a":',
        b"eyJaaaaaaaa.",
        b"-----BEGIN RSA PRIVATE KEY-----",
        b"sk-",
        b"Bearer a",
        b"password:",
        b"x@a.a.",
        b"://a:",
        b"\n",
        b'data: {"content":"jane@example.com "}\n\n',
        b'{"content":"jane@example.com "}',
    ],
    ids=repr,
)
def test_the_worst_bodies_end_soon(body):
    # What grows faster than the text takes minutes: the suite's limit of time is the assertion.
    head = b"" if body.startswith(b"data:") else b"{"
    body = head + body * (LIMIT_BYTES // len(body))
    assert len(Redactor().body(body)) <= 4 * LIMIT_BYTES
