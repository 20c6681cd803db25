"""Requests that go nowhere, and what their senders are told."""

import re
import time

from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.config.settings import Caller
from understudy.shell.client import Incoming
from understudy.shell.signature import SCHEME, Signed, fault

_OWN_ORIGIN = re.compile(
    rb"[a-z][a-z0-9+.-]*://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?", re.IGNORECASE
)


def wrongly_signed(incoming: Incoming, caller: Caller) -> Failure | None:
    """Why a request that claims to be signed is refused, None where it is, or need not be."""
    if caller.key is None or not any(
        name == b"authorization" and value.startswith(SCHEME) for name, value in incoming.fields
    ):
        return None
    request = Signed(incoming.method, incoming.url, incoming.fields, b"".join(incoming.body))
    assert caller.secret is not None, "who signs has a secret"
    reason = fault(request, caller.secret, time.time())
    return None if reason is None else mistake(403, reason, "invalid_signature")


def is_of_a_web_page(incoming: Incoming) -> bool:
    """Whether a browser sends this for a page of another machine (Fetch §3.1, the Origin field).

    Where no key is asked for, any page that the user looks at could spend their money: loopback is
    no bar to their own browser, nor is a name that its owner points at loopback.
    """
    origins = [value for name, value in incoming.fields if name == b"origin"]
    return any(_OWN_ORIGIN.fullmatch(origin) is None for origin in origins)


def foreign() -> Failure:
    """A web page of another machine asks."""
    return mistake(
        403,
        "web pages of other machines are refused while no key is asked for: "
        "run `understudy keygen NAME` and send that key",
        "forbidden_origin",
    )


def unauthorised() -> Failure:
    """Nobody known asks."""
    return mistake(
        401,
        "missing or unknown key: send one of this server's own keys as "
        "'authorization: Bearer ...' or 'x-api-key: ...'",
        "invalid_api_key",
    )


def mistake(status: int, message: str, code: str) -> Failure:
    """The caller erred, and nobody was asked."""
    return Failure(
        kind="gateway.client_bad_input",
        fault=Fault.CLIENT,
        domain="client",
        charge=Scope.NONE,
        progress=Progress.NOT_SENT,
        message=message,
        permanence="none",
        status=status,
        code=code,
    )
