"""Tokens of a service account, of a federation, of a user and of the machine, from servers here."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.shell.credentials.cloud import Answer, Asked, Cloud, cloud, said

from understudy.config.login import Login
from understudy.shell.credentials.fetched import Fetched, Unfetched
from understudy.shell.credentials.google import fetch
from understudy.wire.http import HttpRequest

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
REQUEST = HttpRequest("POST", "/x", (), b"{}")


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


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))


def shown(fetched: Fetched) -> str:
    return fetched.signs.lines(REQUEST, "host", 0.0).decode()


def token(asked: Asked) -> Answer:
    return said(access_token="ya29.fresh", expires_in=3599, token_type="Bearer")


def service_account(key: str, server: Cloud) -> dict[str, str]:
    return {
        "type": "service_account",
        "client_email": "gateway@p.iam.gserviceaccount.com",
        "private_key": key,
        "private_key_id": "1",
        "project_id": "p",
        "token_uri": f"{server.url}/token",
    }


def login(path: Path, info: object) -> Login:
    path.write_text(json.dumps(info))
    return Login("google", scope=SCOPE, credentials_file=path)


def test_a_service_account_signs_for_a_token(private_key, tmp_path):
    with cloud(token) as server:
        fetched = fetch(login(tmp_path / "sa.json", service_account(private_key, server)))
    assert parse_qs(server.asked[0].body)["assertion"]
    assert shown(fetched) == "authorization: Bearer ya29.fresh\r\n"
    assert fetched.expires == pytest.approx(time.time() + 3599, abs=60)
    assert fetched.secrets == ("ya29.fresh",)
    assert fetched.whose == "service account gateway@p.iam.gserviceaccount.com"
    assert "ya29" not in repr(fetched)


def test_every_fetch_asks_anew(private_key, tmp_path):
    with cloud(token) as server:
        mine = login(tmp_path / "sa.json", service_account(private_key, server))
        fetch(mine)
        fetch(mine)
    assert len(server.asked) == 2


def test_default_credentials_are_looked_for_where_the_sdk_looks(private_key, tmp_path, monkeypatch):
    with cloud(token) as server:
        file = tmp_path / "sa.json"
        file.write_text(json.dumps(service_account(private_key, server)))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
        fetched = fetch(Login("google", scope=SCOPE))
    assert shown(fetched) == "authorization: Bearer ya29.fresh\r\n"


def test_a_workload_of_another_cloud_exchanges_its_token(tmp_path):
    (tmp_path / "subject").write_text("jwt-of-the-pod")
    with cloud(token) as server:
        info = {
            "type": "external_account",
            "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": f"{server.url}/v1/token",
            "credential_source": {"file": str(tmp_path / "subject")},
            "quota_project_id": "payer",
        }
        fetched = fetch(login(tmp_path / "wif.json", info))
    assert server.asked[0].form["subject_token"] == "jwt-of-the-pod"
    assert shown(fetched) == ("authorization: Bearer ya29.fresh\r\nx-goog-user-project: payer\r\n")


def test_a_machine_asks_its_metadata(tmp_path):
    """In a process of its own: the library reads the address when it is loaded."""

    def answer(asked: Asked) -> Answer:
        if "/token" in asked.path:
            return said(access_token="ya29.machine", expires_in=3000, token_type="Bearer")
        if asked.path.endswith("/project-id"):
            return 200, "text/plain", "p"
        return said(email="machine@p.iam.gserviceaccount.com", scopes=[SCOPE], aliases=["default"])

    program = (
        "from understudy.config.login import Login\n"
        "from understudy.shell.credentials.google import fetch\n"
        f"fetched = fetch(Login('google', scope='{SCOPE}'))\n"
        "print(fetched.secrets[0], fetched.whose)"
    )
    with cloud(answer) as server:
        host = server.url.removeprefix("http://")
        machine = {"GCE_METADATA_HOST": host, "GCE_METADATA_IP": host}
        environment = {**os.environ, **machine, "CLOUDSDK_CONFIG": str(tmp_path)}
        run = subprocess.run(
            [sys.executable, "-c", program],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert run.stdout.startswith("ya29.machine compute"), run.stderr
    assert all(asked.headers["metadata-flavor"] == "Google" for asked in server.asked)


def test_what_is_refused_is_said_and_shows_no_secret(private_key, tmp_path):
    refusal = said(400, error="invalid_grant", error_description="account not found")
    with (
        cloud(lambda _: refusal) as server,
        pytest.raises(Unfetched, match="account not found") as caught,
    ):
        fetch(login(tmp_path / "sa.json", service_account(private_key, server)))
    assert "PRIVATE" not in str(caught.value)


@pytest.mark.parametrize(
    ("info", "found"),
    [
        ({"type": "gadget"}, "type 'gadget'"),
        ({}, "type 'None'"),
        ([], "Expected `object`"),
        ({"type": "service_account"}, "client_email|token_uri"),
        ({"type": "authorized_user"}, "refresh_token|client_id"),
    ],
)
def test_a_file_that_is_none_is_told(info, found, tmp_path):
    with pytest.raises(Unfetched, match=found):
        fetch(login(tmp_path / "x.json", info))


def test_a_file_that_went_is_told(tmp_path):
    gone = Login("google", scope=SCOPE, credentials_file=tmp_path / "gone.json")
    with pytest.raises(Unfetched, match=r"gone\.json"):
        fetch(gone)
