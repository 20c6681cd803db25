"""Settings: all that a running gateway is told, as typed values. Immutable; swapped whole on reload."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from understudy.config.secret import KeyDigest, Secret
from understudy.config.values import Address
from understudy.routing.topology import Topology


class Server(msgspec.Struct, frozen=True):
    """Where to listen, and limits. Times are seconds; `admin` None: no admin listener."""

    listen: Address = Address("127.0.0.1", 8080)
    admin: Address | None = Address("127.0.0.1", 9090)
    max_body_bytes: int = 32 * 2**20
    max_connections: int = 10_000
    header_timeout: float = 15.0
    idle_timeout: float = 75.0
    drain: float = 30.0
    log_format: str = "text"


class JournalSettings(msgspec.Struct, frozen=True):
    """`path` None: the journal's own default. `max_age` is seconds; `redact` are regular expressions."""

    enabled: bool = True
    path: Path | None = None
    max_age: float = 30 * 86_400.0
    max_bytes: int = 2**30
    redact: tuple[str, ...] = ()


class Caller(msgspec.Struct, frozen=True):
    """Who may call. `routes` are the only ones it may use; None: all."""

    name: str
    key: KeyDigest
    routes: frozenset[str] | None = None

    def may_use(self, route: str) -> bool:
        return self.routes is None or route in self.routes


class Callers:
    """The callers by key. Empty: nobody is asked for a key (the server is on loopback then)."""

    __slots__ = ("_by_digest",)

    def __init__(self, callers: Iterable[Caller] = ()) -> None:
        self._by_digest = {caller.key.digest: caller for caller in callers}

    def find(self, presented: bytes) -> Caller | None:
        """Return whose key was presented, None when it is nobody's.

        What is looked up is the key's SHA-256, so time tells nothing about any key; the last
        comparison is in constant time all the same.
        """
        digest = hashlib.sha256(presented).digest()
        caller = self._by_digest.get(digest)
        return caller if caller is not None and caller.key.is_of(digest) else None

    def __iter__(self) -> Iterator[Caller]:
        return iter(self._by_digest.values())

    def __len__(self) -> int:
        return len(self._by_digest)


class Credential(msgspec.Struct, frozen=True):
    """The header field that a provider knows us by. `value` is complete ("Bearer ..." where it must be)."""

    header: bytes
    value: Secret


class Settings(msgspec.Struct, frozen=True):
    """`credentials` is by target name; a target that needs none is not in it.

    `warnings` are what may hurt (a route with no plan B), `notes` what was decided on the way
    (which keys were found). `source` names where all this came from.
    """

    server: Server
    journal: JournalSettings
    callers: Callers
    topology: Topology
    credentials: dict[str, Credential]
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    source: str = "configuration"
