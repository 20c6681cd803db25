"""Connections to hosts by name: where names lead is remembered, and of several addresses the first
that answers is taken.

A name server that fails or is slow takes no provider along whose addresses are known (AWS us-east-1
had an empty record for hours in October 2025), and an address that swallows packets holds nobody up
(RFC 8305).
"""

import asyncio
import ipaddress
import math
import socket
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, TypeVar

import msgspec
import structlog
from aiohappyeyeballs import AddrInfoType, start_connection

from understudy.shell.connecting import Contexts
from understudy.wire.http import Origin

FRESH = 30.0
"""Seconds for which addresses are used without asking again: their own lifetime is not told."""

PATIENCE = 1.0
"""Seconds that a name server has for its answer where the addresses of before are known."""

AGAIN = 5.0
"""Seconds until a name is asked for again whose addresses could not be renewed."""

KEPT = 86_400.0
"""Seconds after which addresses that cannot be renewed are no longer believed."""

STAGGER = 0.25
"""Seconds between tries of two addresses (RFC 8305, section 5)."""

Addresses: TypeAlias = list[AddrInfoType]
Lookup: TypeAlias = Callable[[str, int], Awaitable[Addresses]]
P = TypeVar("P", bound=asyncio.BaseProtocol)


class _Found(msgspec.Struct, gc=False):
    """`at` is when a name server said so, `until` when it is asked again."""

    addresses: Addresses
    at: float
    until: float
    is_stale: bool = False


class Dialer:
    """Opens connections. `lookup` finds all addresses of a name; the system's is the default.

    What is remembered is bounded by the hosts that the configuration names.
    """

    def __init__(self, lookup: Lookup | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._lookup = lookup or self._ask_system
        self._found: dict[tuple[str, int], _Found] = {}
        self._lookups: dict[tuple[str, int], asyncio.Task[Addresses]] = {}
        self._contexts = Contexts()
        self._log = structlog.get_logger("understudy")

    async def dial(
        self,
        made: Callable[[], P],
        origin: Origin,
        where: tuple[str, int] | None = None,
        *,
        verify: bool = True,
    ) -> P:
        """Connect a protocol to an origin, which may for now be elsewhere than its name says.

        Raises: OSError, UnicodeError (a host that can be no name).
        """
        host, port = where or (origin.host, origin.port)
        context = self._contexts.of(origin.scheme, verify=verify)
        addresses = await self.find(host, port)
        try:
            sock = await start_connection(addresses, happy_eyeballs_delay=STAGGER, loop=self._loop)
        except RuntimeError as error:  # uvloop's word for some that the system has
            raise OSError(str(error)) from error
        except OSError:
            self._doubt(host, port)
            raise
        try:
            name = None if context is None else origin.host
            _, protocol = await self._loop.create_connection(
                made, sock=sock, ssl=context, server_hostname=name
            )
        except BaseException:
            sock.close()
            raise
        return protocol

    async def find(self, host: str, port: int) -> Addresses:
        """The addresses of a host: those of now, else the last that were known.

        Raises: OSError, UnicodeError.
        """
        key, now = (host, port), self._loop.time()
        found = self._found.get(key)
        if found is not None and now < found.until:
            return found.addresses
        lookup = self._lookups.get(key) or self._begin(key)
        if found is None or now - found.at > KEPT:
            return await asyncio.shield(lookup)
        await asyncio.wait((lookup,), timeout=PATIENCE)
        if lookup.done() and not lookup.cancelled() and lookup.exception() is None:
            return lookup.result()
        self._keep(host, found)
        return found.addresses

    def close(self) -> None:
        for lookup in tuple(self._lookups.values()):
            lookup.cancel()

    def _begin(self, key: tuple[str, int]) -> asyncio.Task[Addresses]:
        task = self._lookups[key] = self._loop.create_task(self._renew(key))
        task.add_done_callback(self._ended)
        return task

    async def _renew(self, key: tuple[str, int]) -> Addresses:
        try:
            addresses = await self._lookup(*key)
            now = self._loop.time()
            until = math.inf if _is_literal(key[0]) else now + FRESH
            self._found[key] = _Found(addresses, now, until)
            return addresses
        finally:
            del self._lookups[key]

    def _ended(self, task: asyncio.Task[Addresses]) -> None:
        """Whoever waits hears of a failure; where nobody does any more, nobody has to."""
        if not task.cancelled():
            task.exception()

    def _keep(self, host: str, found: _Found) -> None:
        """Go on with the addresses of before for a while."""
        now = self._loop.time()
        found.until = now + AGAIN
        if not found.is_stale:
            found.is_stale = True
            self._log.warning(
                "a name cannot be resolved: its last known addresses are used",
                host=host,
                age_s=round(now - found.at),
            )

    def _doubt(self, host: str, port: int) -> None:
        """None of the addresses can be reached: ask where the host is before the next try."""
        found = self._found.get((host, port))
        if found is not None and found.until != math.inf and not found.is_stale:
            found.until = 0.0

    async def _ask_system(self, host: str, port: int) -> Addresses:
        found: list[Any] = await self._loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return found


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
