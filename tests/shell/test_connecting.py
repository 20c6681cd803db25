"""How connections are secured, and what to call it when there is none."""

import errno
import socket
import ssl

import pytest

from understudy.shell.connecting import Contexts, connect_flag


def test_certificates_are_checked_unless_a_target_says_not_to() -> None:
    contexts = Contexts()
    strict, lax = contexts.of("https", verify=True), contexts.of("https", verify=False)
    assert strict is not None
    assert lax is not None
    assert (strict.verify_mode, strict.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert (lax.verify_mode, lax.check_hostname) == (ssl.CERT_NONE, False)
    assert contexts.of("https", verify=True) is strict
    assert contexts.of("http", verify=True) is None


@pytest.mark.parametrize(
    ("error", "flag"),
    [
        (ssl.SSLError(1, "no"), "tls_failure"),
        (socket.gaierror(8, "no"), "dns_failure"),
        (UnicodeError("no"), "dns_failure"),
        (TimeoutError(), "connect_timeout"),
        (ConnectionRefusedError(), "connect_refused"),
        (OSError("Multiple exceptions: no, no"), "connect_refused"),
        (OSError(errno.EMFILE, "too many open files"), "pool_timeout"),
        (OSError(errno.ENOBUFS, "no buffer space"), "pool_timeout"),
        (socket.gaierror(socket.EAI_SYSTEM, "too many open files"), "pool_timeout"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_a_failure_to_connect_has_a_flag(error: OSError | UnicodeError, flag: str) -> None:
    assert connect_flag(error) == flag
