"""The standard chain, link by link, against servers on loopback."""

import time

import pytest
from tests.shell.credentials.cloud import Answer, Asked, assumed, cloud, no_aws, said, stamp

from understudy.config.login import Login
from understudy.shell.credentials.aws import fetch
from understudy.shell.credentials.fetched import Fetched, Unfetched
from understudy.wire.http import HttpRequest

REQUEST = HttpRequest("POST", "/model/m/converse", (), b"{}")
LOGIN = Login("aws", service="bedrock", region="eu-west-1")
ROLE = "arn:aws:iam::123456789012:role/gateway"


@pytest.fixture(autouse=True)
def _alone(monkeypatch):
    no_aws(monkeypatch)


def shown(fetched: Fetched) -> str:
    return fetched.signs.lines(REQUEST, "host", time.time()).decode()


def test_keys_of_the_environment_sign_and_do_not_end(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-env")
    fetched = fetch(LOGIN)
    assert "Credential=AKIAENV/" in shown(fetched)
    assert "/eu-west-1/bedrock/aws4_request" in shown(fetched)
    assert (fetched.expires, fetched.secrets, fetched.whose) == (None, ("secret-of-env",), "env")
    assert "secret-of-env" not in repr(fetched)


def test_the_key_of_the_service_outweighs_all_others(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-env")
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "bedrock-api-key-x")
    assert shown(fetch(LOGIN)) == "authorization: Bearer bedrock-api-key-x\r\n"
    login = Login("aws", service="bedrock", region="eu-west-1", profile="p")
    with pytest.raises(Unfetched, match="profile"):
        fetch(login)


def test_a_profile_has_its_own(monkeypatch, tmp_path):
    file = tmp_path / "credentials"
    file.write_text("[prod]\naws_access_key_id = AKIAPROD\naws_secret_access_key = s\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    fetched = fetch(Login("aws", service="bedrock", region="eu-west-1", profile="prod"))
    assert "Credential=AKIAPROD/" in shown(fetched)
    assert fetched.whose.endswith("prod")
    file.write_text("[prod]\naws_access_key_id = AKIANEW\naws_secret_access_key = s2\n")
    again = fetch(Login("aws", service="bedrock", region="eu-west-1", profile="prod"))
    assert "Credential=AKIANEW/" in shown(again)


def test_a_role_is_assumed_with_what_was_found(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-env")
    with cloud(lambda _: assumed("AssumeRole", life=900)) as sts:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        fetched = fetch(Login("aws", service="bedrock", region="eu-west-1", role=ROLE))
    assert sts.asked[0].form["RoleArn"] == ROLE
    assert "AKIAENV" in sts.asked[0].headers["authorization"]
    assert "Credential=ASIAROLE/" in shown(fetched)
    assert "x-amz-security-token: session-of-ASIAROLE" in shown(fetched)
    assert fetched.expires == pytest.approx(time.time() + 900, abs=30)
    assert fetched.secrets == ("secret-of-ASIAROLE", "session-of-ASIAROLE")


def test_a_web_identity_is_taken_to_sts(monkeypatch, tmp_path):
    token = tmp_path / "token"
    token.write_text("jwt-of-the-pod")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
    with cloud(lambda _: assumed("AssumeRoleWithWebIdentity")) as sts:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        fetched = fetch(LOGIN)
    assert sts.asked[0].form["WebIdentityToken"] == "jwt-of-the-pod"
    assert "Credential=ASIAROLE/" in shown(fetched)
    assert fetched.expires == pytest.approx(time.time() + 3600, abs=30)


def test_a_container_asks_its_own_address(monkeypatch):
    def answer(_: Asked) -> Answer:
        return said(AccessKeyId="ASIATASK", SecretAccessKey="s", Token="t", Expiration=stamp(3600))

    with cloud(answer) as agent:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{agent.url}/creds")
        monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "task-token")
        fetched = fetch(LOGIN)
    assert agent.asked[0].headers["authorization"] == "task-token"
    assert "Credential=ASIATASK/" in shown(fetched)
    assert fetched.expires is not None


def test_an_instance_asks_its_metadata(monkeypatch):
    def answer(asked: Asked) -> Answer:
        if asked.method == "PUT":
            return 200, "text/plain", "imds-v2"
        if asked.path.endswith("/security-credentials/"):
            return 200, "text/plain", "role-of-machine"
        return said(
            Code="Success",
            AccessKeyId="ASIAMACHINE",
            SecretAccessKey="s",
            Token="t",
            Expiration=stamp(21_600),
        )

    with cloud(answer) as imds:
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", imds.url)
        fetched = fetch(LOGIN)
    assert imds.asked[-1].headers["x-aws-ec2-metadata-token"] == "imds-v2"
    assert imds.asked[-1].path.endswith("/role-of-machine")
    assert "Credential=ASIAMACHINE/" in shown(fetched)
    assert fetched.expires == pytest.approx(time.time() + 21_600, abs=60)


def test_nothing_anywhere_is_said_with_what_to_do():
    with pytest.raises(Unfetched, match="AWS_ACCESS_KEY_ID"):
        fetch(LOGIN)


def test_what_sts_refuses_is_said_in_its_words(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-env")
    refusal = (
        "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>"
        "<Message>The security token included in the request is invalid.</Message></Error>"
        "</ErrorResponse>"
    )
    with cloud(lambda _: (403, "text/xml", refusal)) as sts:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sts.url)
        with pytest.raises(Unfetched, match="InvalidClientTokenId") as caught:
            fetch(Login("aws", service="bedrock", region="eu-west-1", role=ROLE))
    assert "secret-of-env" not in str(caught.value)


def test_a_profile_whose_sign_on_has_ended_says_so(monkeypatch, tmp_path):
    file = tmp_path / "config"
    file.write_text(
        "[profile sso]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n"
        "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://x.example\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(Unfetched, match="SSO"):
        fetch(Login("aws", service="bedrock", region="eu-west-1", profile="sso"))
