"""Settings.

All that a running gateway is told, as typed values. Immutable; swapped whole on reload.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from understudy.config.conversations import ConversationsSettings
from understudy.config.engine import EngineSettings
from understudy.config.login import Login
from understudy.config.media import MediaSettings
from understudy.config.retirement import Retirement
from understudy.config.secret import KeyDigest, Secret
from understudy.config.values import Address
from understudy.routing.allowance import Limits
from understudy.routing.topology import Topology


class Server(msgspec.Struct, frozen=True):
    """Where to listen, and limits. Times are seconds; `admin` None: no admin listener.

    `admin_key` None: only programs of this machine may change anything there.
    """

    listen: Address = Address("127.0.0.1", 8080)
    admin: Address | None = Address("127.0.0.1", 9090)
    max_body_bytes: int = 32 * 2**20
    max_connections: int = 10_000
    header_timeout: float = 15.0
    idle_timeout: float = 75.0
    drain: float = 30.0
    log_format: Literal["text", "json"] = "text"
    admin_key: KeyDigest | None = None


class JournalSettings(msgspec.Struct, frozen=True):
    """`path` None.

    The journal's own default. `max_age` is seconds; `redact` are regular expressions.
    """

    enabled: bool = True
    path: Path | None = None
    max_age: float = 30 * 86_400.0
    max_bytes: int = 2**30
    redact: tuple[str, ...] = ()


class Caller(msgspec.Struct, frozen=True):
    """Who may call.

    `routes` are the only ones it may use; None: all. `key` None: nobody is asked for one. One that
    signs its requests has an `access` key id, and the `secret` that verifies them.
    """

    name: str
    key: KeyDigest | None
    routes: frozenset[str] | None = None
    access: str | None = None
    secret: Secret | None = None


ANYONE = Caller("anyone", None)
"""Who calls where nobody is asked for a key. The server is on loopback then."""


class Credential(msgspec.Struct, frozen=True):
    """The header field that a provider knows us by.

    `value` is complete ("Bearer ..." where it must be).
    """

    header: str
    value: Secret


class Settings(msgspec.Struct, frozen=True):
    """All of it. `callers` are by the SHA-256 of their key, `signers` by access key id,
    `credentials` by target name, `logins`
    by provider: what is fetched for it. `limits` are by the name of a caller; who may use as much
    as it likes is not in it.

    A target that needs no credential is not in `credentials`, one whose end was not announced not
    in `retirements`. `warnings` are what may hurt (a route
    with no plan B), `notes` what was decided on the way (which keys were found). `source` names
    where all this came from, `files` what it was read from: a change to one of them is a reload.
    """

    server: Server
    journal: JournalSettings
    callers: dict[bytes, Caller]
    topology: Topology
    credentials: dict[str, Credential]
    conversations: ConversationsSettings = ConversationsSettings()
    media: MediaSettings = MediaSettings()
    limits: dict[str, Limits] = {}
    logins: dict[str, Login] = {}
    signers: dict[str, Caller] = {}
    retirements: dict[str, Retirement] = {}
    engines: tuple[EngineSettings, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    source: str = "configuration"
    files: tuple[Path, ...] = ()

    def caller(self, presented: bytes) -> Caller | None:
        """Return whose key was presented, None when it is nobody's.

        What is looked up is the key's SHA-256, so the time that takes tells nothing about any
        key; the last comparison is in constant time all the same.
        """
        if not self.callers:
            return ANYONE
        digest = hashlib.sha256(presented).digest()
        caller = self.callers.get(digest)
        if caller is None or caller.key is None or not caller.key.is_of(digest):
            return None
        return caller

    def limited(self) -> dict[str, Limits]:
        """Return the limits of those who can call, by their names."""
        names = {caller.name for caller in self.callers.values()} or {ANYONE.name}
        return {name: each for name, each in self.limits.items() if name in names}

    def signer(self, access: str) -> Caller | None:
        """Return whose access key id a signed request names, before its signature is looked at."""
        return self.signers.get(access) if self.callers else ANYONE

    def secrets(self) -> Iterator[str]:
        """Yield the keys themselves, without a scheme before them: to be struck out of texts."""
        for credential in self.credentials.values():
            yield credential.value.reveal().rpartition(" ")[2]
        for signer in self.signers.values():
            if signer.secret is not None:
                yield signer.secret.reveal()
        for login in self.logins.values():
            if login.client_secret is not None:
                yield login.client_secret.reveal()

    def credential_lines(self, target: str) -> bytes:
        """Return the credential of a target as header lines, ready for the wire.

        B"" where it needs none.
        """
        credential = self.credentials.get(target)
        if credential is None:
            return b""
        return f"{credential.header}: {credential.value.reveal()}\r\n".encode("ascii")
