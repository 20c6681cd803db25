"""All credentials that are fetched for a process: one keeper for each provider that logs in."""

import functools
from collections.abc import Callable, Mapping
from typing import assert_never

from understudy.config.login import Login
from understudy.exchange.services import Concealer
from understudy.providers.facts import Scheme
from understudy.shell.credentials.fetched import Fetched, Unfetched
from understudy.shell.credentials.keeper import Keeper


class Keepers:
    """`renewed` is called with a provider's name when what was held against it is over.

    A login that stays the same over a reload keeps what was fetched for it, until something newer
    has come: what a file or a machine gives may have changed.
    """

    def __init__(
        self, concealer: Concealer, renewed: Callable[[str], None], wall: Callable[[], float]
    ) -> None:
        self._concealer = concealer
        self._renewed = renewed
        self._wall = wall
        self._logins: dict[str, Login] = {}
        self._keepers: dict[str, Keeper] = {}

    def adopt(self, logins: Mapping[str, Login]) -> None:
        """Keep credentials for these, and for no others any more."""
        for name, keeper in tuple(self._keepers.items()):
            if logins.get(name) != self._logins[name]:
                keeper.close()
                del self._keepers[name]
        for name, login in logins.items():
            if name not in self._keepers:
                self._keepers[name] = self._keeper(name, login)
            self._keepers[name].start()
        self._logins = dict(logins)

    def of(self, provider: str) -> Keeper | None:
        return self._keepers.get(provider)

    def all(self) -> tuple[Keeper, ...]:
        return tuple(self._keepers.values())

    @property
    def is_settled(self) -> bool:
        """Whether each has been fetched once, or could not be."""
        return all(keeper.fetches or keeper.failures for keeper in self._keepers.values())

    def status(self) -> list[dict[str, object]]:
        """How each is, without any secret."""
        return [keeper.status() for keeper in self._keepers.values()]

    def close(self) -> None:
        for keeper in self._keepers.values():
            keeper.close()

    def _keeper(self, name: str, login: Login) -> Keeper:
        return Keeper(
            name,
            functools.partial(fetch, login),
            self._know,
            functools.partial(self._renewed, name),
            self._wall,
        )

    def _know(self, secrets: tuple[str, ...], gone: tuple[str, ...]) -> None:
        self._concealer.forget(gone)
        self._concealer.know(secrets)


def fetch(login: Login) -> Fetched:
    """Fetch a credential now, which takes as long as it takes. Raises: Unfetched.

    The library is loaded at the first time, in the thread that needs it; who needs none need not
    have it.
    """
    try:
        return _fetcher(login.scheme)(login)
    except ImportError as error:
        raise Unfetched(f"{error.name} is not installed") from None


def _fetcher(scheme: Scheme) -> Callable[[Login], Fetched]:
    match scheme:
        case "aws":
            from understudy.shell.credentials import aws  # noqa: PLC0415

            return aws.fetch
        case "entra":
            from understudy.shell.credentials import entra  # noqa: PLC0415

            return entra.fetch
        case "google":
            from understudy.shell.credentials import google  # noqa: PLC0415

            return google.fetch
        case _:
            assert_never(scheme)
