"""Media: fetches a picture or a document that a caller gave by its address, for a target that
wants the bytes.

The address is a stranger's choice, so nothing but the public internet is reached: the name is
resolved here, every address it has must be public, and the connection goes to the very address
that was checked. Redirects are checked in the same way. All of it is bounded in bytes and seconds.
"""

import asyncio
import base64
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

import httptools

from understudy.chat.parts import Inline
from understudy.config.media import MediaSettings
from understudy.wire.filetype import file_type

_PORTS: Final = {"https": 443, "http": 80}
_MOVED = frozenset({301, 302, 303, 307, 308})
_CHUNK = 64 * 1024
_HEAD = 64 * 1024
"""Bytes that may come beside the file."""


REDIRECTS = 3
AT_ONCE = 8
"""Files being fetched in this process: what they hold in memory is bounded by it."""

TOTAL_BYTES = 32 * 2**20
"""Of the files of one request."""


class MediaUnreachable(Exception):
    """The file at an address cannot be had. Its text is fit for the caller."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, through all its disguises."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        hidden = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if hidden is None and found in ipaddress.ip_network("64:ff9b::/96"):
            hidden = ipaddress.IPv4Address(found.packed[-4:])
        if hidden is not None:
            return is_public(str(hidden))
    return found.is_global and not found.is_multicast


class Fetcher:
    """Fetches files. `admits` says whether an IP address may be reached."""

    def __init__(
        self,
        settings: MediaSettings | None = None,
        admits: Callable[[str], bool] = is_public,
        ports: dict[str, int] | None = None,
    ) -> None:
        self.settings = settings or MediaSettings()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._admits = admits
        self._ports = _PORTS if ports is None else ports
        self._context: ssl.SSLContext | None = None

    def begin(
        self, urls: Sequence[str], done: Callable[[Mapping[str, Inline | str]], None]
    ) -> None:
        """Fetch files in the background; `done` is told of each, or why there is none of it."""
        loop = asyncio.get_running_loop()
        if not self.settings.fetch:
            why = "this gateway fetches no files ([media] fetch = false)"
            loop.call_soon(done, dict.fromkeys(urls, why))
            return
        task = loop.create_task(self._fetch_all(urls, done))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Give up what is under way."""
        for task in tuple(self._tasks):
            task.cancel()

    async def _fetch_all(
        self, urls: Sequence[str], done: Callable[[Mapping[str, Inline | str]], None]
    ) -> None:
        files = await asyncio.gather(*map(self._file, urls))
        length = sum(len(file.data_base64) for file in files if isinstance(file, Inline))
        if length * 3 // 4 > TOTAL_BYTES:
            files = [f"the files of one request have more than {TOTAL_BYTES} bytes"] * len(urls)
        done(dict(zip(urls, files, strict=True)))

    async def _file(self, url: str) -> Inline | str:
        async with self._turns:
            try:
                return await self.fetch(url)
            except MediaUnreachable as error:
                return str(error)

    async def fetch(self, url: str) -> Inline:
        """The file at `url`, and of what type it is. Raises: MediaUnreachable."""
        try:
            async with asyncio.timeout(self.settings.timeout):
                return await self._follow(url)
        except TimeoutError:
            limit = self.settings.timeout
            raise MediaUnreachable(f"{_shown(url)} took longer than {limit:g} s") from None
        except (OSError, ssl.SSLError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise MediaUnreachable(f"{_shown(url)} cannot be reached: {reason}") from None

    async def _follow(self, url: str) -> Inline:
        for _ in range(REDIRECTS + 1):
            answer = await self._get(url, self._checked(url))
            if answer.status in _MOVED and answer.location:
                url = urljoin(url, answer.location)
                continue
            if answer.status != 200:
                raise MediaUnreachable(f"{_shown(url)} answered {answer.status}, expected 200")
            body = b"".join(answer.pieces)
            if not body:
                raise MediaUnreachable(f"{_shown(url)} is empty")
            return Inline(_type_of(body, answer.kind), base64.b64encode(body).decode())
        raise MediaUnreachable(f"{_shown(url)} redirects more than {REDIRECTS} times")

    def _checked(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise MediaUnreachable("expected a web address, found something else") from None
        if parts.scheme not in self._ports:
            said = repr(parts.scheme[:20]) if parts.scheme else "neither"
            raise MediaUnreachable(f"expected http or https, found {said}")
        if not parts.hostname:
            raise MediaUnreachable("expected the name of a host in an address, found none")
        if parts.username is not None or parts.password is not None:
            raise MediaUnreachable("expected an address without a user's name in it")
        if port is not None and port != self._ports[parts.scheme]:
            raise MediaUnreachable(f"expected the usual port of {parts.scheme}, found {port}")
        return parts

    async def _get(self, url: str, parts: SplitResult) -> "_Answer":
        address = await self._address(parts)
        context = None
        if parts.scheme == "https":
            if self._context is None:
                self._context = ssl.create_default_context()
            context = self._context
        name = parts.hostname if context is not None else None
        reader, writer = await asyncio.open_connection(
            address, self._ports[parts.scheme], ssl=context, server_hostname=name
        )
        try:
            writer.write(_request(parts))
            return await self._read(url, reader)
        finally:
            writer.close()
            with contextlib.suppress(OSError, ssl.SSLError):
                await writer.wait_closed()

    async def _address(self, parts: SplitResult) -> str:
        """One address of a host; none, unless all of them may be reached."""
        loop, host = asyncio.get_running_loop(), parts.hostname or ""
        found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        addresses = [str(each[4][0]) for each in found]
        if not addresses or not all(map(self._admits, addresses)):
            raise MediaUnreachable(f"{host[:200]} is not on the public internet")
        return addresses[0]

    async def _read(self, url: str, reader: asyncio.StreamReader) -> "_Answer":
        answer = _Answer(self.settings.max_bytes)
        parser = httptools.HttpResponseParser(answer)
        room = self.settings.max_bytes + _HEAD
        try:
            while not answer.is_over and (data := await reader.read(_CHUNK)):
                room -= len(data)
                answer.is_too_long = room < 0
                if answer.is_too_long:
                    raise httptools.HttpParserError  # noqa: TRY301 - as the body's own limit does
                parser.feed_data(data)
        except httptools.HttpParserError:
            if answer.is_too_long:
                limit = self.settings.max_bytes
                raise MediaUnreachable(f"{_shown(url)} is longer than {limit} bytes") from None
            raise MediaUnreachable(f"{_shown(url)} does not answer in HTTP") from None
        answer.status = parser.get_status_code() if answer.has_head else 0
        if not answer.is_over and (not answer.has_head or answer.has_length):
            raise MediaUnreachable(f"{_shown(url)} broke off")
        return answer


class _Answer:
    """What httptools says of a response."""

    def __init__(self, limit: int) -> None:
        self.status = 0
        self.kind = ""
        self.location = ""
        self.pieces: list[bytes] = []
        self.has_head = self.has_length = self.is_over = self.is_too_long = False
        self._room = limit

    def on_header(self, name: bytes, value: bytes) -> None:
        match name.lower():
            case b"content-type":
                self.kind = value.decode("latin-1").partition(";")[0].strip().lower()
            case b"location":
                self.location = value.decode("latin-1")
            case b"content-length" | b"transfer-encoding":
                self.has_length = True

    def on_headers_complete(self) -> None:
        self.has_head = True

    def on_body(self, body: bytes) -> None:
        self._room -= len(body)
        if self._room < 0:
            self.is_too_long = True
            raise ValueError("too long")
        self.pieces.append(body)

    def on_message_complete(self) -> None:
        self.is_over = True


def _request(parts: SplitResult) -> bytes:
    """A plain GET. The parts come from a URL without spaces and control characters."""
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = (parts.hostname or "").encode("idna")
    if any(octet <= 0x20 or octet >= 0x7F for octet in target.encode()):
        raise MediaUnreachable("expected an address whose characters are escaped")
    return (
        b"GET " + target.encode() + b" HTTP/1.1\r\nhost: " + host + b"\r\n"
        b"accept: */*\r\naccept-encoding: identity\r\nuser-agent: understudy\r\n"
        b"connection: close\r\n\r\n"
    )


def _type_of(body: bytes, said: str) -> str:
    """The media type by how the file begins, else as its server says, which is often wrong."""
    return file_type(body) or said or "application/octet-stream"


def _shown(url: str) -> str:
    """An address without its query, which may hold a secret."""
    return url.partition("?")[0][:200]
