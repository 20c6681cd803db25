"""Requests as fast as one client can: each ends at once, and leaves an entry in the journal."""

import asyncio

PIPELINED = 12
_BODY = b'{"model": "nobody", "messages": [{"role": "user", "content": "hello"}]}'
_REQUEST = (
    b"POST /v1/chat/completions HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(_BODY), _BODY)
)


async def flood(port: int, count: int, connections: int = 6) -> int:
    """Ask `count` times for a route that is not there; returns how many were told so."""
    shares = [count // connections] * connections
    return sum(await asyncio.gather(*[_ask(port, share) for share in shares]))


async def _ask(port: int, count: int) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answered = 0
    while answered < count:
        batch = min(PIPELINED, count - answered)
        writer.write(_REQUEST * batch)
        for _ in range(batch):
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 404"), head
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
            answered += 1
    writer.close()
    return answered
