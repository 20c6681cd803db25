"""Signed requests, as botocore signs them: what is right, and everything that is not."""

import calendar
import hashlib
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth  # type: ignore[import-untyped]
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
from botocore.credentials import Credentials  # type: ignore[import-untyped]

from understudy.config.secret import Secret
from understudy.shell.signature import SKEW, Signed, claim_of, fault

SECRET = Secret("caller-secret-0123456789/abcdef+ghijkl")
BODY = b'{"messages":[]}'
URL = "http://localhost:8080/model/us.anthropic.claude%3A0/converse"


def signed(
    url: str = URL, service: str = "bedrock", token: str | None = None, **more: str
) -> Signed:
    """What boto3 would send now."""
    headers = {"content-type": "application/json", "user-agent": "Boto3", **more}
    request = AWSRequest("POST", url, headers=headers, data=BODY)
    credentials = Credentials("AKIDUNDERSTUDYTEST01", SECRET.reveal(), token)
    SigV4Auth(credentials, service, "us-east-1").add_auth(request)
    parts = urlsplit(url)
    fields = [(b"host", parts.netloc.encode())]
    fields += [(k.lower().encode(), str(v).encode()) for k, v in request.headers.items()]
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return Signed(b"POST", path.encode(), fields, BODY)


def moment(request: Signed) -> float:
    """The wall clock when it was signed."""
    text = dict(request.fields)[b"x-amz-date"].decode()
    return calendar.timegm(time.strptime(text, "%Y%m%dT%H%M%SZ"))


def changed(request: Signed, **more: Any) -> Signed:
    return Signed(**{**{n: getattr(request, n) for n in Signed.__struct_fields__}, **more})


def with_field(request: Signed, name: bytes, value: bytes | None) -> Signed:
    fields = [each for each in request.fields if each[0] != name]
    return changed(request, fields=fields if value is None else [*fields, (name, value)])


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "http://localhost:8080/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Aprompt%2FABC/converse-stream",
        "http://localhost:8080/model/chat/converse?b=2&a=1",
        "http://localhost:8080/model/a%20b/converse",
    ],
)
def test_what_botocore_signs_is_right(url: str) -> None:
    request = signed(url)
    assert fault(request, SECRET, moment(request)) is None


def test_lent_keys_and_a_stated_hash_are_right_too() -> None:
    digest = hashlib.sha256(BODY).hexdigest()
    request = signed(token="lent", **{"x-amz-content-sha256": digest})
    assert fault(request, SECRET, moment(request)) is None


def test_it_names_the_access_key() -> None:
    claim = claim_of(signed().fields)
    assert claim is not None
    assert claim.access == "AKIDUNDERSTUDYTEST01"
    assert claim_of([(b"authorization", b"Bearer x")]) is None
    assert claim_of([(b"authorization", b"AWS4-HMAC-SHA256 Credential=a/b")]) is None


@pytest.mark.parametrize("seconds", [SKEW + 1, -SKEW - 1, 86_400 * 400])
def test_one_that_is_too_old_or_too_new_is_refused(seconds: int) -> None:
    request = signed()
    reason = fault(request, SECRET, moment(request) + seconds)
    assert reason is not None
    assert "x-amz-date" in reason
    assert fault(request, SECRET, moment(request) + (SKEW if seconds > 0 else -SKEW)) is None


def test_another_secret_body_path_method_or_host_is_refused() -> None:
    request = signed()
    now = moment(request)
    assert fault(request, Secret("another-secret-0123456789"), now) is not None
    for wrong in (
        changed(request, body=BODY + b" "),
        changed(request, url=request.url + b"-stream"),
        changed(request, url=request.url.replace(b"%3A", b":")),
        changed(request, method=b"GET"),
        with_field(request, b"host", b"elsewhere"),
        with_field(request, b"content-type", b"text/plain"),
        with_field(request, b"content-type", None),
    ):
        reason = fault(wrong, SECRET, now)
        assert reason is not None
        assert "does not match" in reason


def test_what_must_be_signed_is_demanded() -> None:
    request = signed()
    now = moment(request)
    more = changed(request, fields=[*request.fields, (b"x-amz-target", b"other")])
    assert fault(more, SECRET, now) == "x-amz-target must be a signed header"
    said = dict(request.fields)[b"authorization"].replace(b"host;", b"")
    assert fault(with_field(request, b"authorization", said), SECRET, now) == (
        "host must be a signed header"
    )


def test_a_body_other_than_its_stated_hash_is_refused() -> None:
    for stated in ("UNSIGNED-PAYLOAD", "0" * 64):
        request = signed(**{"x-amz-content-sha256": stated})
        reason = fault(request, SECRET, moment(request))
        assert reason == "x-amz-content-sha256 is not the SHA-256 of the body"


def test_both_services_of_bedrock_are_known() -> None:
    request = signed(service="bedrock-mantle")
    assert fault(request, SECRET, moment(request)) is None


def test_a_signature_for_another_service_is_refused() -> None:
    request = signed(service="s3")
    reason = fault(request, SECRET, moment(request))
    assert reason is not None
    assert "service" in reason


def test_a_date_that_is_none_or_of_another_day_is_refused() -> None:
    request = signed()
    now = moment(request)
    for value in (b"", b"20200101T000000Z", b"yesterday", b"\xff"):
        assert fault(with_field(request, b"x-amz-date", value), SECRET, now) is not None


def test_damaged_claims_are_refused() -> None:
    request = signed()
    good = dict(request.fields)[b"authorization"]
    for damaged in (good[:-1], good + b"0", good.replace(b"SignedHeaders", b"Signed"), b"AWS4"):
        assert fault(with_field(request, b"authorization", damaged), SECRET, moment(request))
