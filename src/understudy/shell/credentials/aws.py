"""AWS: keys by the standard chain (environment, profiles, SSO, web identity, container, instance),
as botocore has it, and a role assumed with them. Only imported where the extra is installed.
"""

import os
from datetime import datetime

import botocore.session  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from understudy.config.login import Login
from understudy.shell.credentials.fetched import Bearer, Fetched, Unfetched
from understudy.shell.credentials.sigv4 import Keys, Signer

_QUICK = Config(connect_timeout=5, read_timeout=10, retries={"max_attempts": 2})


def fetch(login: Login) -> Fetched:
    """Fetch keys anew: nothing is remembered from one time to the next. Raises: Unfetched."""
    variable = f"AWS_BEARER_TOKEN_{login.service.upper()}"
    token = os.environ.get(variable, "").strip()
    if token and login.profile is None and login.role is None:
        # As the SDKs have it: a key of the service itself outweighs all others.
        signs = Bearer({"authorization": f"Bearer {token}"})
        return Fetched(signs, (token,), None, variable)
    try:
        return _fetched(login)
    except (BotoCoreError, ClientError) as error:
        raise Unfetched(str(error)) from None


def _fetched(login: Login) -> Fetched:
    session = botocore.session.Session(profile=login.profile)
    session.set_config_variable("region", login.region)
    session.set_default_client_config(_QUICK)
    found = session.get_credentials()
    if found is None:
        raise Unfetched(
            "no AWS credentials in the environment, the shared files, or this machine's role; "
            "expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a role"
        )
    whose = f"{found.method}" if login.profile is None else f"{found.method}, {login.profile}"
    if login.role is not None:
        return _assumed(session, login, whose)
    keys = found.get_frozen_credentials()
    # Said in no public place; None for keys that do not end.
    ends: datetime | None = getattr(found, "_expiry_time", None)
    return _of(
        login,
        Keys(keys.access_key, keys.secret_key, keys.token),
        None if ends is None else ends.timestamp(),
        whose,
    )


def _assumed(session: botocore.session.Session, login: Login, whose: str) -> Fetched:
    client = session.create_client("sts", region_name=login.region)
    try:
        answer = client.assume_role(RoleArn=login.role, RoleSessionName="understudy")
    finally:
        client.close()
    made = answer["Credentials"]
    keys = Keys(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    return _of(login, keys, made["Expiration"].timestamp(), f"{login.role} with {whose}")


def _of(login: Login, keys: Keys, expires: float | None, whose: str) -> Fetched:
    secrets = (keys.secret,) if keys.token is None else (keys.secret, keys.token)
    return Fetched(Signer(keys, login.region, login.service), secrets, expires, whose)
