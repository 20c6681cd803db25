"""Google Cloud: a token by application default credentials, or of a file with a service account or
workload identity federation, by google-auth. Only imported where the extra is installed.
"""

# The library says py.typed and leaves most of its functions without types.
# mypy: disable-error-code="no-untyped-call"

import calendar
import functools
from pathlib import Path
from typing import Any

import google.auth
import msgspec
from google.auth import aws, identity_pool, impersonated_credentials, pluggable
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request
from google.oauth2 import credentials as users
from google.oauth2 import service_account

from understudy.config.login import Login
from understudy.shell.credentials.fetched import Bearer, Fetched, Unfetched

_TIMEOUT = 10
"""Seconds for one answer; the library's own is two minutes."""

_AWS_TOKEN = "urn:ietf:params:aws:token-type:aws4_request"  # noqa: S105 - a type, no secret


def fetch(login: Login) -> Fetched:
    """Fetch a token anew: nothing is remembered from one time to the next. Raises: Unfetched."""
    request = functools.partial(Request(), timeout=_TIMEOUT)
    try:
        credentials = _credentials(login, request)
        credentials.refresh(request)
        fields: dict[str, str] = {}
        # Beside the token it names who pays, where the credentials say so.
        credentials.apply(fields)
    except (GoogleAuthError, OSError, ValueError, KeyError) as error:
        raise Unfetched(_words(error)) from None
    expiry = credentials.expiry
    return Fetched(
        Bearer(fields),
        (str(credentials.token),),
        None if expiry is None else float(calendar.timegm(expiry.utctimetuple())),
        _whose(credentials),
    )


def _credentials(login: Login, request: Any) -> Credentials:  # noqa: ANN401 - the library's own word
    if login.credentials_file is not None:
        return _of_file(login.credentials_file, [login.scope])
    found, _ = google.auth.default(scopes=[login.scope], request=request)
    return found


def _of_file(path: Path, scopes: list[str]) -> Credentials:
    """Read a file by its type. The owner of the configuration names it, so it is trusted to say
    where tokens are got.
    """
    info: dict[str, Any] = msgspec.json.decode(path.read_bytes(), type=dict)
    made: Credentials
    match info.get("type"):
        case "service_account":
            made = service_account.Credentials.from_service_account_info(info, scopes=scopes)
        case "external_account" if info.get("subject_token_type") == _AWS_TOKEN:
            made = aws.Credentials.from_info(info, scopes=scopes)
        case "external_account" if "executable" in (info.get("credential_source") or {}):
            made = pluggable.Credentials.from_info(info, scopes=scopes)
        case "external_account":
            made = identity_pool.Credentials.from_info(info, scopes=scopes)
        case "impersonated_service_account":
            made = impersonated_credentials.Credentials.from_impersonated_service_account_info(
                info, scopes=scopes
            )
        case "authorized_user":
            made = users.Credentials.from_authorized_user_info(info, scopes)
        case other:
            raise Unfetched(
                f"{path}: credentials of type {str(other)[:40]!r}, expected service_account, "
                "external_account, impersonated_service_account or authorized_user"
            )
    return made


def _whose(credentials: Credentials) -> str:
    name = getattr(credentials, "service_account_email", None)
    *_, package, module = type(credentials).__module__.split(".")
    kind = (package if module == "credentials" else module).replace("_", " ")
    return kind if not isinstance(name, str) else f"{kind} {name}"


def _words(error: Exception) -> str:
    """Return the first of what the library says: it adds the answer it was given as a value."""
    if isinstance(error, OSError):
        return str(error)
    return str(error.args[0] if error.args else type(error).__name__)
