"""Three clouds, real processes: the gateway fetches who it is, and each provider can check it."""

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.auth  # type: ignore[import-untyped]
import pytest
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped]
from botocore.credentials import Credentials  # type: ignore[import-untyped]
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.shell.credentials.cloud import Answer, Asked, assumed, cloud, said
from tests.system.processes import (
    PATIENCE,
    Gateway,
    free_port,
    gateway,
    http_request,
    simulators,
    until,
)

ARN = "arn:aws:bedrock:eu-west-1:012345678901:inference-profile/eu.anthropic.claude-x-v1:0"
CONFIG = f"""
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:ADMIN"
log_format = "json"
[journal]
enabled = false

[providers.signed]
kind = "bedrock"
base_url = "SIGNED"
region = "eu-west-1"
login = {{ role = "arn:aws:iam::012345678901:role/gateway" }}

[providers.entra]
kind = "azure-openai"
base_url = "ENTRA"
api_version = "2024-10-21"
auth = "entra"

[providers.google]
kind = "vertex"
base_url = "GOOGLE/v1/projects/p/locations/global/publishers/google"
login = {{ credentials_file = "account.json" }}

[routes.signed]
targets = ["signed/{ARN}"]
[routes.entra]
targets = ["entra/my deployment"]
[routes.google]
targets = ["google/gemini-3-pro"]
"""
SECRETS = ("secret-of-ASIAROLE", "session-of-ASIAROLE", "eyJ.managed.identity", "ya29.of-account")


class Running:
    """The gateway, its providers, and the environment that it has."""

    def __init__(self, serving: Gateway, providers: Any, admin: str) -> None:
        self.gateway = serving
        self.providers = providers
        self.admin = admin

    def ask(self, route: str) -> Any:
        body = {"model": route, "messages": [{"role": "user", "content": "hello [tokens=3]"}]}
        return http_request(
            f"{self.gateway.url}/v1/chat/completions", "POST", json.dumps(body).encode()
        )

    def seen(self, provider: str) -> dict[str, Any]:
        (request,) = self.providers.seen(provider)
        found: dict[str, Any] = request
        return found


def _account(folder: Path, url: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    info = {
        "type": "service_account",
        "client_email": "g@p.iam.gserviceaccount.com",
        "private_key": pem.decode(),
        "private_key_id": "1",
        "token_uri": f"{url}/google",
    }
    (folder / "account.json").write_text(json.dumps(info))


def _clouds(asked: Asked) -> Answer:
    """What STS, the machine's identity and Google's token server say."""
    if asked.path.startswith("/google"):
        return said(access_token="ya29.of-account", expires_in=3599, token_type="Bearer")
    if asked.path.startswith("/msi"):
        ends = str(int(time.time()) + 86_000)
        return said(access_token="eyJ.managed.identity", expires_on=ends, token_type="Bearer")
    return assumed("AssumeRole")


def _environment(url: str) -> Mapping[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "AKIAENV",
        "AWS_SECRET_ACCESS_KEY": "secret-of-env",
        "AWS_ENDPOINT_URL_STS": url,
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_BEARER_TOKEN_BEDROCK": "",
        "AZURE_TOKEN_CREDENTIALS": "prod",
        "IDENTITY_ENDPOINT": f"{url}/msi",
        "IDENTITY_HEADER": "of-the-machine",
    }


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("logins")
    admin = free_port()
    names = ("signed=bedrock_converse:0", "entra=openai_chat:0", "google=gemini_generate:0")
    with cloud(_clouds) as clouds, simulators(folder, *names) as providers:
        _account(folder, clouds.url)
        text = CONFIG.replace("ADMIN", str(admin))
        for name, url in providers.urls.items():
            text = text.replace(f'"{name.upper()}', f'"{url}')
        with gateway(folder / "u.toml", text, _environment(clouds.url)) as serving:
            url = f"http://127.0.0.1:{admin}"
            until(lambda: http_request(f"{url}/readyz").status == 200, PATIENCE)
            yield Running(serving, providers, url)


def test_a_signed_request_verifies_at_the_provider(running: Running) -> None:
    answer = running.ask("signed")
    assert answer.status == 200, answer.text
    seen = running.seen("signed")
    fields = seen["headers"]
    assert seen["path"].startswith("/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A012345678901%3A")
    names = fields["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    signed = {name: fields[name] for name in names}
    url = f"http://{fields['host']}{seen['path']}"
    theirs = AWSRequest(seen["method"], url, signed, seen["body"].encode())
    theirs.context["timestamp"] = fields["x-amz-date"]
    keys = Credentials("ASIAROLE", "secret-of-ASIAROLE", "session-of-ASIAROLE")
    auth = botocore.auth.SigV4Auth(keys, "bedrock", "eu-west-1")
    text = auth.string_to_sign(theirs, auth.canonical_request(theirs))
    assert fields["authorization"].endswith(f"Signature={auth.signature(text, theirs)}")
    assert "/eu-west-1/bedrock/aws4_request" in fields["authorization"]
    assert fields["x-amz-security-token"] == "session-of-ASIAROLE"


def test_a_managed_identity_shows_its_token_at_a_deployment(running: Running) -> None:
    assert running.ask("entra").status == 200
    seen = running.seen("entra")
    path = "/openai/deployments/my%20deployment/chat/completions?api-version=2024-10-21"
    assert seen["path"] == path
    assert seen["headers"]["authorization"] == "Bearer eyJ.managed.identity"
    assert "api-key" not in seen["headers"]


def test_a_service_account_shows_its_token(running: Running) -> None:
    answer = running.ask("google")
    assert answer.status == 200, answer.text
    seen = running.seen("google")
    location = "/v1/projects/p/locations/global/publishers/google"
    assert urlsplit(seen["path"]).path == f"{location}/models/gemini-3-pro:generateContent"
    assert seen["headers"]["authorization"] == "Bearer ya29.of-account"


def test_health_says_how_each_is_and_nothing_shows_a_secret(running: Running) -> None:
    health = http_request(f"{running.admin}/admin/health")
    each = {login["provider"]: login for login in health.json()["credentials"]}
    assert {name: login["state"] for name, login in each.items()} == {
        "signed": "good",
        "entra": "good",
        "google": "good",
    }
    assert each["signed"]["whose"] == "arn:aws:iam::012345678901:role/gateway with env"
    assert 3000 < each["google"]["expires_in"] <= 3600
    shown = health.text + running.gateway.log + http_request(f"{running.admin}/metrics").text
    assert not [secret for secret in (*SECRETS, "secret-of-env") if secret in shown]
