"""How connections to providers are secured, and what to call it when there is none."""

import errno
import socket
import ssl
from typing import Final

_OURS: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""This machine has no more files or memory: no provider is to blame."""

_OUR_RESOLVER: Final = frozenset({socket.EAI_SYSTEM, socket.EAI_MEMORY})


class Contexts:
    """What TLS connections share: one where certificates are checked, one where a target says not
    to.
    """

    def __init__(self) -> None:
        self._made: dict[bool, ssl.SSLContext] = {}

    def of(self, scheme: str, *, verify: bool) -> ssl.SSLContext | None:
        """Return the context for a target's scheme; None where it is not https."""
        if scheme != "https":
            return None
        context = self._made.get(verify)
        if context is None:
            context = self._made[verify] = ssl.create_default_context()
            if not verify:
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
        return context


def connect_flag(error: OSError | UnicodeError) -> str:
    """Name a failure to connect in the taxonomy's words."""
    if isinstance(error, ssl.SSLError):
        return "tls_failure"
    if isinstance(error, socket.gaierror):
        return "pool_timeout" if error.errno in _OUR_RESOLVER else "dns_failure"
    if isinstance(error, UnicodeError):
        return "dns_failure"
    if isinstance(error, TimeoutError):
        return "connect_timeout"
    return "pool_timeout" if error.errno in _OURS else "connect_refused"
