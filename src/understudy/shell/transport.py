"""The gateway as a transport of httpx, or of a library made like it: for SDKs in this process.

No such library is imported here. Whose request it is says who has to make the response.
"""

import asyncio
import os
import sys
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar, cast

from typing_extensions import override

from understudy.config.loading import first_then, make_loader
from understudy.config.settings import Settings
from understudy.shell import logs
from understudy.shell.background import Background, Request, Stopped
from understudy.shell.pipe import HOP, Broken
from understudy.wire.http import ResponseHead

if TYPE_CHECKING:
    import httpx
    import httpx2

    class _Transport(  # type: ignore[misc]
        httpx.BaseTransport,
        httpx.AsyncBaseTransport,
        httpx2.BaseTransport,
        httpx2.AsyncBaseTransport,
    ):
        """What type checkers take it for."""

else:
    _Transport = object

T = TypeVar("T")

_OURS = HOP | {b"host", b"content-length", b"expect", b"upgrade", b"te", b"trailer"}


class _Url(Protocol):
    @property
    def netloc(self) -> bytes: ...
    @property
    def raw_path(self) -> bytes: ...


class _Fields(Protocol):
    @property
    def raw(self) -> list[tuple[bytes, bytes]]: ...


class _Request(Protocol):
    """What we need of a request, whichever library it is of."""

    method: str
    extensions: Mapping[str, Mapping[str, float | None]]

    @property
    def url(self) -> _Url: ...
    @property
    def headers(self) -> _Fields: ...


class _Library(Protocol):
    """What we need of the library itself."""

    SyncByteStream: type
    AsyncByteStream: type
    Response: Callable[..., object]
    ConnectError: Callable[..., Exception]
    ReadTimeout: Callable[..., Exception]
    RemoteProtocolError: Callable[..., Exception]


class Late(Exception):
    """Nothing came within the time that the caller gives it."""


class Transport(_Transport):
    """Answers requests of HTTP clients with a gateway that runs in this process.

    `config` is a file; left out, it is looked for where `understudy serve` looks. Give one
    transport to as many clients as there are, of any thread and event loop: they share breakers,
    budgets and connections. The first request starts it. `close`, of the transport or of a client
    that has it, cuts what is in progress and writes the journal; a later request starts it anew, as
    does the first one in a fork.

    Raises: ConfigError.
    """

    def __init__(self, config: str | os.PathLike[str] | None = None) -> None:
        loader = make_loader(None if config is None else Path(config))
        self._load: Callable[[], Settings] = first_then(loader(), loader)
        self._background: Background | None = None
        self._locks: dict[int, threading.Lock] = {}
        self._left: list[Background] = []

    @override
    def __enter__(self) -> Self:
        return self

    @override
    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.close()

    @override
    async def __aenter__(self) -> Self:
        return self

    @override
    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.aclose()

    @override
    def handle_request(self, request: Any) -> Any:
        """Answer for `httpx.Client`: the head at once, the body as it is read."""
        exchange = _Exchange(self._running(), request, request.read())
        with exchange:
            head = _wait(exchange.answer.head, exchange.patience)
        return exchange.response(head, _Body)

    @override
    async def handle_async_request(self, request: Any) -> Any:
        """Answer for `httpx.AsyncClient` on an asyncio loop."""
        content = await request.aread()
        background = self._background
        if background is None or not background.is_alive:
            background = await asyncio.to_thread(self._running)
        exchange = _Exchange(background, request, content)
        with exchange:
            head = await _wait_async(exchange.answer.head, exchange.patience)
        return exchange.response(head, _AsyncBody)

    @override
    def close(self) -> None:
        """Cut what is in progress, and write the journal."""
        background, self._background = self._background, None
        if background is not None:
            background.close()

    @override
    async def aclose(self) -> None:
        """As `close`, without holding up the event loop."""
        await asyncio.to_thread(self.close)

    def _running(self) -> Background:
        background = self._background
        if background is not None and background.is_alive:
            return background
        # A lock of before a fork may be held for ever by a thread that is not here.
        with self._locks.setdefault(os.getpid(), threading.Lock()):
            background = self._background
            if background is None or not background.is_alive:
                if background is not None:
                    # Of another process: to destroy its loop here would take its sockets away.
                    self._left.append(background)
                logs.lend()
                background = self._background = Background(self._load(), self._load)
                weakref.finalize(self, background.close)
        return background


class _Exchange:
    """One request on its way: in a `with` block, whatever goes wrong ends it and is told in the
    words of the library that asked.
    """

    def __init__(self, background: Background, request: _Request, content: bytes) -> None:
        self.library = _library(request)
        self.patience = request.extensions.get("timeout", {}).get("read")
        self._background = background
        self._request = request
        self._sent = Request(request.method.encode("ascii"), _head(request, content), content)
        self.answer = self._sent.answer
        try:
            background.ask(self._sent)
        except Stopped:
            raise self.library.ConnectError("the gateway was closed", request=request) from None

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        if error is None:
            return
        self.cancel()
        if isinstance(error, Broken):
            told = "the gateway broke the answer off"
            raise self.library.RemoteProtocolError(told, request=self._request) from None
        if isinstance(error, Late):
            told = f"nothing came within {self.patience} seconds"
            raise self.library.ReadTimeout(told, request=self._request) from None

    def cancel(self) -> None:
        """Nobody reads on."""
        if not self.answer.is_over:
            self._background.cancel(self._sent)

    def response(self, head: ResponseHead, body: type) -> object:
        """Make the library's response, with a body of the kind that it accepts."""
        library = self.library
        base = library.SyncByteStream if body is _Body else library.AsyncByteStream
        return library.Response(
            head.status,
            headers=list(head.headers),
            stream=_kind(body, base)(self),
            extensions={"http_version": b"HTTP/1.1"},
        )


class _Body:
    """The body of an answer, piece by piece."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        exchange = self._exchange
        with exchange:
            while data := _wait(exchange.answer.data, exchange.patience):
                yield data

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        self._exchange.cancel()


class _AsyncBody:
    """The same for an event loop."""

    def __init__(self, exchange: _Exchange) -> None:
        self._exchange = exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        exchange = self._exchange
        with exchange:
            while data := await _wait_async(exchange.answer.data, exchange.patience):
                yield data

    def __del__(self) -> None:
        self._exchange.cancel()

    async def aclose(self) -> None:
        self._exchange.cancel()


@cache
def _kind(body: type, base: type) -> type:
    """Return our body as the library's own kind of stream, which it asserts."""
    return type(body.__name__, (body, base), {})


def _wait(ask: Callable[[Callable[[], None]], T | None], patience: float | None) -> T:
    """Ask until there is something. Raises: Late, Broken."""
    came = threading.Event()
    while (got := ask(came.set)) is None:
        if not came.wait(patience):
            raise Late
        came.clear()
    return got


async def _wait_async(ask: Callable[[Callable[[], None]], T | None], patience: float | None) -> T:
    loop = asyncio.get_running_loop()
    came = asyncio.Event()

    def wake() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(came.set)

    while (got := ask(wake)) is None:
        try:
            async with asyncio.timeout(patience):
                await came.wait()
        except TimeoutError:
            raise Late from None
        came.clear()
    return got


def _library(request: _Request) -> _Library:
    """Return the library that made a request: its responses and errors are what is expected."""
    for kind in type(request).__mro__:
        library = sys.modules.get(kind.__module__.partition(".")[0])
        if hasattr(library, "SyncByteStream") and hasattr(library, "Response"):
            return cast("_Library", library)
    raise TypeError(f"found a request of {type(request).__module__}, expected one of httpx")


def _head(request: _Request, content: bytes) -> bytes:
    url = request.url
    fields = [(b"host", url.netloc), (b"connection", b"close")]
    if content or request.method in {"POST", "PUT", "PATCH"}:
        fields.append((b"content-length", b"%d" % len(content)))
    fields += [field for field in request.headers.raw if field[0].lower() not in _OURS]
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), url.raw_path or b"/")]
    lines += [b"%b: %b" % field for field in fields]
    return b"\r\n".join([*lines, b"", b""])
