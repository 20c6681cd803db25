"""Tokens for a client with a secret, for a workload, and for a managed identity."""

import base64
import json
import ssl
import subprocess
import time

import pytest
from tests.shell.credentials.cloud import Answer, Asked, Cloud, cloud, said

from understudy.config.login import Login
from understudy.config.secret import Secret
from understudy.shell.credentials.entra import fetch
from understudy.shell.credentials.fetched import Fetched, Unfetched
from understudy.wire.http import HttpRequest

SCOPE = "https://cognitiveservices.azure.com/.default"
REQUEST = HttpRequest("POST", "/x", (), b"{}")
TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT = "66666666-7777-8888-9999-000000000000"
VARIABLES = (
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_TENANT_ID",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "MSI_ENDPOINT",
)


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "prod")
    monkeypatch.setenv("PATH", str(tmp_path))


def shown(fetched: Fetched) -> str:
    return fetched.signs.lines(REQUEST, "host", 0.0).decode()


class Entra:
    """A token server with TLS, which the library asks for, and whose certificate it trusts."""

    def __init__(self, server: Cloud, port: int) -> None:
        self.server = server
        self.url = f"https://127.0.0.1:{port}"
        self.refusal: Answer | None = None

    def answer(self, asked: Asked) -> Answer:
        base = f"{self.url}/{TENANT}"
        if "openid-configuration" in asked.path:
            return said(
                issuer=f"{base}/v2.0",
                authorization_endpoint=f"{base}/oauth2/v2.0/authorize",
                token_endpoint=f"{base}/oauth2/v2.0/token",
            )
        if self.refusal is not None:
            return self.refusal
        return said(access_token="eyJ.entra.token", expires_in=3599, token_type="Bearer")

    def tokens(self) -> list[Asked]:
        return [asked for asked in self.server.asked if asked.path.endswith("/token")]


@pytest.fixture(name="entra")
def _entra(tmp_path, monkeypatch):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=127.0.0.1"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        ["/usr/bin/openssl", "req", "-x509", "-nodes", *curve, *made, *names],
        check=True,
        capture_output=True,
    )
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with cloud(lambda _: (500, "text/plain", "")) as server:
        entra = Entra(server, server.server_address[1])
        server.answer = entra.answer
        server.socket = context.wrap_socket(server.socket, server_side=True)
        yield entra


def test_a_client_with_a_secret_gets_a_token(entra):
    login = Login(
        "entra",
        scope=SCOPE,
        tenant=TENANT,
        client_id=CLIENT,
        client_secret=Secret("the-secret"),
        authority=entra.url,
    )
    fetched = fetch(login)
    form = entra.tokens()[0].form
    assert (form["client_id"], form["client_secret"]) == (CLIENT, "the-secret")
    assert form["scope"].split()[0] == SCOPE
    assert shown(fetched) == "authorization: Bearer eyJ.entra.token\r\n"
    assert fetched.expires == pytest.approx(time.time() + 3599, abs=60)
    assert fetched.secrets == ("eyJ.entra.token",)
    fetch(login)
    assert len(entra.tokens()) == 2


def test_a_refused_secret_is_told_and_not_shown(entra):
    entra.refusal = said(401, error="invalid_client", error_description="AADSTS7000215: bad secret")
    login = Login(
        "entra",
        scope=SCOPE,
        tenant=TENANT,
        client_id=CLIENT,
        client_secret=Secret("the-secret"),
        authority=entra.url,
    )
    with pytest.raises(Unfetched, match="AADSTS7000215") as caught:
        fetch(login)
    assert "the-secret" not in str(caught.value)


def test_the_environment_names_a_client(entra, monkeypatch):
    monkeypatch.setenv("AZURE_CLIENT_ID", CLIENT)
    monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "of-the-environment")
    fetched = fetch(Login("entra", scope=SCOPE, authority=entra.url))
    assert entra.tokens()[0].form["client_secret"] == "of-the-environment"
    assert shown(fetched) == "authorization: Bearer eyJ.entra.token\r\n"


def test_a_workload_shows_the_token_of_its_pod(entra, monkeypatch, tmp_path):
    (tmp_path / "token").write_text("jwt-of-the-pod")
    monkeypatch.setenv("AZURE_CLIENT_ID", CLIENT)
    monkeypatch.setenv("AZURE_TENANT_ID", TENANT)
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", entra.url)
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "token"))
    fetched = fetch(Login("entra", scope=SCOPE, authority=entra.url))
    assert entra.tokens()[0].form["client_assertion"] == "jwt-of-the-pod"
    assert shown(fetched) == "authorization: Bearer eyJ.entra.token\r\n"


def test_a_managed_identity_asks_the_machine(monkeypatch):
    claims = base64.urlsafe_b64encode(json.dumps({}).encode()).decode().rstrip("=")

    def answer(asked: Asked) -> Answer:
        ends = str(int(time.time()) + 86_000)
        return said(access_token=f"eyJ.{claims}.x", expires_on=ends, resource="r", token_type="B")

    with cloud(answer) as machine:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{machine.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "of-the-machine")
        fetched = fetch(Login("entra", scope=SCOPE, client_id=CLIENT))
    asked = machine.asked[-1]
    assert asked.headers["x-identity-header"] == "of-the-machine"
    assert asked.form["resource"] == "https://cognitiveservices.azure.com"
    assert asked.form["client_id"] == CLIENT
    assert fetched.expires == pytest.approx(time.time() + 86_000, abs=60)


def test_nobody_anywhere_is_said_on_one_line(monkeypatch):
    with cloud(lambda _: (404, "text/plain", "")) as machine:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{machine.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "h")
        with pytest.raises(Unfetched) as caught:
            fetch(Login("entra", scope=SCOPE))
    words = str(caught.value)
    assert "EnvironmentCredential" in words
    assert "\n" not in words
    assert "To mitigate" not in words
