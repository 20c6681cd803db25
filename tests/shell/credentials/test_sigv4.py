"""Our signatures are botocore's, over paths, queries, bodies and fields of all kinds."""

import datetime as dt

import botocore.auth  # type: ignore[import-untyped]
import pytest
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
from botocore.credentials import Credentials  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from understudy.shell.credentials.sigv4 import Keys, Signer
from understudy.wire.http import HttpRequest

KEYS = Keys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "a/session+token==")
AT = 1_795_592_645.0
HOST = "bedrock-runtime.eu-central-1.amazonaws.com"
PATHS = [
    "/model/anthropic.claude-sonnet-4-20250514-v1%3A0/converse",
    "/model/anthropic.claude-sonnet-4-20250514-v1:0/converse-stream",
    "/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Ainference-profile%2Feu.x-v1%3A0/converse",
    "/model/arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc/converse",
    "/model/a%20b%2Bc~d/invoke",
    "/a+b=c,d;e!f'(g)*h@i$",
    "/%E6%A8%A1/x",
    "//two//slashes/",
    "/a/./b/../c",
    "/..",
    "/",
    "/x?b=2&a=1&a=0",
    "/x?api-version=2026-01-01&empty=&word",
    "/x?q=%2F%3A",
]


def reference(request: HttpRequest, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Sign with botocore at `AT`; returns the fields that it added."""
    moment = dt.datetime.fromtimestamp(AT, dt.UTC)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: moment)
    fields = {
        name.decode(): value.decode()
        for name, value in request.headers
        if name != b"accept-encoding"
    }
    theirs = AWSRequest(request.method, f"https://{HOST}{request.path}", fields, request.body)
    credentials = Credentials(keys.access, keys.secret, keys.token)
    botocore.auth.SigV4Auth(credentials, "bedrock", "eu-central-1").add_auth(theirs)
    return {name.lower(): value for name, value in theirs.headers.items()}


def ours(request: HttpRequest, keys: Keys = KEYS, signer: Signer | None = None) -> dict[str, str]:
    made = signer or Signer(keys, "eu-central-1", "bedrock")
    lines = made.lines(request, HOST, AT).decode().split("\r\n")
    assert lines.pop() == ""
    return dict(line.split(": ", 1) for line in lines)


def asked(path: str, body: bytes = b'{"messages": []}', **fields: str) -> HttpRequest:
    named = {"content-type": "application/json", "accept-encoding": "identity", "user-agent": "u"}
    every = tuple((k.replace("_", "-").encode(), v.encode()) for k, v in (named | fields).items())
    return HttpRequest("POST", path, every, body)


@pytest.mark.parametrize("path", PATHS)
def test_a_signature_is_that_of_the_reference(path, monkeypatch):
    request = asked(path)
    theirs = reference(request, KEYS, monkeypatch)
    for name, value in ours(request).items():
        assert theirs[name] == value


def test_keys_of_ones_own_have_no_token(monkeypatch):
    keys = Keys("AKIDEXAMPLE", "secret")
    request = asked("/model/x/converse", b"")
    made = ours(request, keys)
    assert "x-amz-security-token" not in made
    assert made["authorization"] == reference(request, keys, monkeypatch)["authorization"]


def test_fields_of_the_service_are_signed_and_blanks_do_not_count(monkeypatch):
    request = asked("/x", x_amzn_bedrock_guardrailidentifier="  a   b ", accept="a/b")
    theirs = reference(request, KEYS, monkeypatch)["authorization"]
    assert "accept;content-type;host;x-amz-date;x-amz-security-token;x-amzn-bed" in theirs
    assert ours(request)["authorization"] == theirs


def test_a_changed_byte_changes_the_signature():
    signatures = {
        ours(request)["authorization"]
        for request in (asked("/x"), asked("/y"), asked("/x", b"{}"), asked("/x", a="b"))
    }
    assert len(signatures) == 4


def test_the_key_of_a_day_is_used_on_that_day_only():
    signer = Signer(KEYS, "eu-central-1", "bedrock")
    request = asked("/x")
    today = signer.lines(request, HOST, AT)
    tomorrow = signer.lines(request, HOST, AT + 86_400)
    assert tomorrow == Signer(KEYS, "eu-central-1", "bedrock").lines(request, HOST, AT + 86_400)
    assert signer.lines(request, HOST, AT) == today


def test_keys_are_not_shown():
    assert KEYS.secret not in f"{KEYS!r}{KEYS}{[KEYS]}"


@given(
    st.text(
        st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="?#[]"),
        max_size=30,
    ),
    st.binary(max_size=40),
)
def test_any_path_and_body(path, body):
    request = asked(f"/model/{path}", body)
    with pytest.MonkeyPatch.context() as patch:
        theirs = reference(request, KEYS, patch)
    assert ours(request)["authorization"] == theirs["authorization"]
