"""Whole requests over real sockets: signed, renewed under load, refused, and failed over."""

import asyncio
import calendar
import itertools
import json
import time
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path

import botocore.auth  # type: ignore[import-untyped]
import msgspec
import pytest
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
from botocore.credentials import Credentials  # type: ignore[import-untyped]
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.shell.credentials.cloud import Answer, Asked, cloud, no_aws, said
from tests.shell.credentials.loops import on_a_loop, until
from tests.shell.gateway import Gateway, Provider, gateway, request
from tests.shell.test_plane import ANSWER, STREAM, chunk, good, status_of

from understudy.config.login import Login
from understudy.shell.credentials import keeper as keeper_module

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
GOOD = STREAM + chunk(ANSWER) + b"0\r\n\r\n"


def refusal(text: str, date: float | None = None) -> bytes:
    body = json.dumps({"error": {"message": text}}).encode()
    head = "HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\n"
    if date is not None:
        head += f"date: {formatdate(date, usegmt=True)}\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


def judging(
    judge: Callable[[dict[str, str], bytes], str | None], ahead: float | None = None
) -> Provider:
    """Answers those requests that `judge` has nothing against, and refuses the others.

    `ahead`: it says what time it is, so many seconds ahead of ours.
    """

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while raw := await provider.read_request(reader):
            head, _, body = raw.partition(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")
            fields = {"": first} | dict(line.split(": ", 1) for line in lines)
            why = judge(fields, body)
            date = None if ahead is None else time.time() + ahead
            writer.write(GOOD if why is None else refusal(why, date))
            await writer.drain()

    provider = Provider(script)
    return provider


def log_in(running: Gateway, login: Login, provider: str = "a") -> None:
    """Let one provider of the gateway be asked with a fetched credential."""
    settings = running.plane.settings
    kept = {name: each for name, each in settings.credentials.items() if name != provider}
    changed = msgspec.structs.replace(settings, credentials=kept, logins={provider: login})
    running.plane.adopt(changed)


class Tokens:
    """A token server: a new token each time, good for `life` seconds; `status` to refuse."""

    def __init__(self, life: float = 3600) -> None:
        self.life = life
        self.status = 200
        self.delay = 0.0
        self.ends: dict[str, float] = {}
        self._count = itertools.count(1)

    def answer(self, _: Asked) -> Answer:
        time.sleep(self.delay)
        if self.status != 200:
            return said(self.status, error="invalid_grant", error_description="key was deleted")
        token = f"ya29.token-number-{next(self._count)}"
        self.ends[token] = time.time() + self.life
        return said(access_token=token, expires_in=int(self.life), token_type="Bearer")

    def judge(self, fields: dict[str, str], _: bytes) -> str | None:
        token = fields.get("authorization", "").removeprefix("Bearer ")
        return None if self.ends.get(token, 0.0) > time.time() else f"token {token} is no good"


@pytest.fixture(scope="module")
def private_key() -> str:
    return (
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


@pytest.fixture
def account(private_key, tmp_path):
    """Returns a login that asks the token server of that address."""

    def made(url: str) -> Login:
        path: Path = tmp_path / "account.json"
        info = {
            "type": "service_account",
            "client_email": "g@p.iam.gserviceaccount.com",
            "private_key": private_key,
            "private_key_id": "1",
            "token_uri": url,
        }
        path.write_text(json.dumps(info))
        return Login("google", scope=SCOPE, credentials_file=path)

    return made


@on_a_loop
async def test_a_signed_request_is_what_the_provider_verifies(monkeypatch):
    no_aws(monkeypatch)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-env")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session-of-env")

    def judge(fields: dict[str, str], body: bytes) -> str | None:
        """Sign what came with botocore, and compare."""
        method, path, _ = fields[""].split(" ")
        names = fields["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
        assert {"host", "x-amz-date", "x-amz-security-token", "content-type"} <= set(names)
        signed = {name: fields[name] for name in names}
        theirs = AWSRequest(method, f"http://{fields['host']}{path}", signed, body)
        theirs.context["timestamp"] = fields["x-amz-date"]
        credentials = Credentials("AKIAENV", "secret-of-env", "session-of-env")
        auth = botocore.auth.SigV4Auth(credentials, "bedrock", "eu-west-1")
        text = auth.string_to_sign(theirs, auth.canonical_request(theirs))
        expected = auth.signature(text, theirs)
        return None if fields["authorization"].endswith(f"Signature={expected}") else "no match"

    async with gateway(judging(judge)) as running:
        log_in(running, Login("aws", service="bedrock", region="eu-west-1"))
        for size in (1, 50_000):
            answer = await running.raw(request(turns=["x" * size]))
            assert status_of(answer) == 200, answer
        assert [entry.outcome for entry in running.entries] == ["ok", "ok"]


@on_a_loop
async def test_a_clock_that_is_wrong_is_found_out_and_corrected_for(monkeypatch):
    no_aws(monkeypatch)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-env")
    ahead = 5400.0

    def judge(fields: dict[str, str], _: bytes) -> str | None:
        at = calendar.timegm(time.strptime(fields["x-amz-date"], "%Y%m%dT%H%M%SZ"))
        return None if abs(time.time() + ahead - at) < 300 else "Signature expired"

    async with gateway(judging(judge, ahead), good()) as running:
        log_in(running, Login("aws", service="bedrock", region="eu-west-1"))
        assert status_of(await running.ask()) == 200
        assert [each.target for each in running.entries[-1].attempts] == ["a", "b"]
        assert status_of(await running.ask()) == 200
        assert [each.target for each in running.entries[-1].attempts] == ["a"]
        (status,) = running.plane.keepers.status()
        assert status["clock_off_by"] == pytest.approx(ahead, abs=30)
        assert status["fetches"] == 1


@on_a_loop
async def test_tokens_change_under_load_and_nobody_notices(account):
    tokens = Tokens(life=3)
    provider = judging(tokens.judge)
    with cloud(tokens.answer) as server:
        async with gateway(provider) as running:
            log_in(running, account(server.url))
            async with asyncio.timeout(18):
                while len(tokens.ends) < 4:
                    answers = await asyncio.gather(*(running.ask() for _ in range(8)))
                    assert {status_of(answer) for answer in answers} == {200}
    shown = {raw.split(b"authorization: ")[1].split(b"\r\n")[0] for raw in provider.requests}
    assert len(shown) >= 3
    assert {attempt.outcome for entry in running.entries for attempt in entry.attempts} == {"ok"}


@on_a_loop
async def test_a_refused_token_is_renewed_once_and_its_target_comes_back(account):
    tokens = Tokens()
    first, second = judging(tokens.judge), good()
    with cloud(tokens.answer) as server:
        async with gateway(first, second) as running:
            log_in(running, account(server.url))
            assert status_of(await running.ask()) == 200
            assert len(first.requests) == 1
            tokens.ends.clear()  # revoked
            answers = await asyncio.gather(*(running.ask() for _ in range(6)))
            assert {status_of(answer) for answer in answers} == {200}
            assert second.requests
            await until(lambda: len(tokens.ends) == 1)
            keeper = running.plane.keepers.of("a")
            assert keeper is not None
            await until(lambda: keeper.fetches == 2)
            before = len(second.requests)
            assert status_of(await running.ask()) == 200
            assert len(second.requests) == before
            assert running.entries[-1].attempts[0].target == "a"
            tokens.ends.clear()  # and again: this time the key's domain stays shut
            assert status_of(await running.ask()) == 200
            assert status_of(await running.ask()) == 200
            assert running.entries[-1].attempts[0].target == "b"
            assert len(server.asked) == 2


@on_a_loop
async def test_no_credential_is_a_failure_of_that_key(account, monkeypatch):
    monkeypatch.setattr(keeper_module, "FIRST_RETRY", 0.2)
    tokens = Tokens()
    tokens.status = 400
    first, second = judging(tokens.judge), good()
    with cloud(tokens.answer) as server:
        async with gateway(first, second) as running:
            log_in(running, account(server.url))
            assert status_of(await running.ask()) == 200
            failed, answered = (await running.settled()).attempts
            assert (failed.target, failed.outcome) == ("a", "gateway.credential_unavailable")
            assert answered.target == "b"
            assert not first.requests
            (status,) = running.plane.keepers.status()
            assert status["state"] == "failing"
            assert "key was deleted" in str(status["last_error"])
            tokens.status = 200
            await until(lambda: running.plane.keepers.status()[0]["state"] == "good")
            assert status_of(await running.ask()) == 200
            assert running.entries[-1].attempts[0].target == "a"


@on_a_loop
async def test_the_first_request_waits_for_the_first_token(account):
    tokens = Tokens()
    tokens.delay = 0.3
    with cloud(tokens.answer) as server:
        async with gateway(judging(tokens.judge), good()) as running:
            log_in(running, account(server.url))
            assert status_of(await running.ask()) == 200
            assert [attempt.target for attempt in running.entries[-1].attempts] == ["a"]


@on_a_loop
async def test_a_client_that_leaves_while_it_waits_leaves_nothing_behind(account):
    tokens = Tokens()
    tokens.delay = 0.5
    first = judging(tokens.judge)
    with cloud(tokens.answer) as server:
        async with gateway(first) as running:
            log_in(running, account(server.url))
            await running.raw(request(), limit=0.1)
            entry = await running.settled()
            assert entry.outcome == "client_gone"
            keeper = running.plane.keepers.of("a")
            assert keeper is not None
            assert not keeper._waiting
            await until(lambda: keeper.fetches == 1)
            assert not first.requests


@on_a_loop
async def test_a_token_that_a_provider_repeats_is_struck_out(account):
    tokens = Tokens()

    def judge(fields: dict[str, str], _: bytes) -> str:
        return f"you said {fields['authorization']}"

    with cloud(tokens.answer) as server:
        async with gateway(judging(judge)) as running:
            log_in(running, account(server.url))
            answer = await running.ask()
            await running.settled()
    assert b"[redacted]" in answer
    assert b"ya29.token" not in answer
    assert "ya29.token" not in repr(running.entries)
