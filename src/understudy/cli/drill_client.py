"""A drill's client over real sockets: one request, one connection, and what was heard."""

import asyncio
import contextlib

from understudy.dialects.catalog import DIALECTS
from understudy.sim.listening import Ask, Ear, Heard, written
from understudy.sim.reply import Reply, ReplyError
from understudy.wire.http import header

READ_BYTES = 64 * 1024


async def ask_over(port: int, ask: Ask, patience: float) -> tuple[str, Heard]:
    """Ask the gateway on loopback. Returns the request's id ("" for none) and what was heard.

    Times are the loop's. Whoever has not answered in full within `patience` seconds has not.
    """
    loop = asyncio.get_running_loop()
    dialect = DIALECTS[ask.dialect]
    request = written(ask, dialect)
    body = request.body
    ear = Ear(dialect, body, stream=ask.stream, now=loop.time())
    hearing = _Hearing(ear)
    clean = False
    with contextlib.suppress(TimeoutError, OSError, ReplyError):
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(_head(request.path, port, len(body)) + body)
                clean = await hearing.listen(reader, loop)
            finally:
                writer.close()
    ear.end(loop.time(), clean=clean)
    return hearing.request_id, ear.hear(loop.time(), left=False)


class _Hearing:
    """Feeds what comes to the ear."""

    def __init__(self, ear: Ear) -> None:
        self.request_id = ""
        self._ear = ear
        self._reply = Reply()

    async def listen(self, reader: asyncio.StreamReader, loop: asyncio.AbstractEventLoop) -> bool:
        """Listen until the answer ends; False where its connection did before. Raises: ReplyError,
        OSError.
        """
        reply = self._reply
        while not reply.is_complete:
            data = await reader.read(READ_BYTES)
            if not data:
                return reply.has_head and reply.ends_at_eof
            reply.feed(data)
            head = reply.take_head()
            if head is not None:
                name = header(head.headers, b"x-understudy-request-id")
                self.request_id = "" if name is None else name.decode()
                self._ear.head(head.status, head.headers, None)
            said = reply.take_body()
            if said:
                self._ear.data(said, loop.time())
        return True


def _head(path: str, port: int, length: int) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
        f"content-length: {length}\r\nconnection: close\r\n\r\n"
    ).encode()
