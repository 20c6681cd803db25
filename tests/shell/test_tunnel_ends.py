"""The ends without a tunnel between them."""

import asyncio

from understudy.shell.tunnel_ends import MOST_HEAD_BYTES, Far
from understudy.wire.http import ResponseHead


class Heard:
    """A tunnel that remembers what it heard."""

    def __init__(self) -> None:
        self.data = b""
        self.words: list[str] = []

    def client_data(self, data: bytes) -> None:
        raise AssertionError("there is no client")

    def upstream_data(self, data: bytes) -> None:
        self.data += data

    def upstream_gone(self) -> None:
        self.words.append("gone")

    def client_gone(self) -> None: ...

    def client_blocked(self) -> None: ...

    def client_ready(self) -> None: ...

    def hold(self) -> None:
        self.words.append("hold")

    def unhold(self) -> None:
        self.words.append("unhold")


def test_the_head_is_read_byte_by_byte_and_what_follows_is_passed_on():
    async def scene() -> None:
        tunnel = Heard()
        end = Far(tunnel)
        for octet in b"HTTP/1.1 101 Yes\r\nA: b\r\n\r\nrest":
            end.data_received(bytes((octet,)))
        head, rest = await end.head
        assert head == ResponseHead(101, ((b"a", b"b"),))
        end.follow(rest)
        end.data_received(b" and more")
        assert tunnel.data == b"rest and more"
        end.pause_writing()
        end.resume_writing()
        end.connection_lost(None)
        assert tunnel.words == ["hold", "unhold", "gone"]

    asyncio.run(scene())


def test_what_is_no_head_is_said_so():
    async def scene() -> None:
        for data in (b"x\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nno\r\n\r\n"):
            end = Far(Heard())
            end.data_received(data)
            assert isinstance(end.head.exception(), ValueError)
        end = Far(Heard())
        end.data_received(b"x" * (MOST_HEAD_BYTES + 1))
        assert isinstance(end.head.exception(), ValueError)
        end = Far(Heard())
        end.connection_lost(None)
        assert isinstance(end.head.exception(), ValueError)

    asyncio.run(scene())


def test_a_body_is_waited_for_until_it_is_there_or_the_connection_ends():
    async def scene() -> None:
        end = Far(Heard())
        end.data_received(b"HTTP/1.1 500 No\r\ncontent-length: 6\r\n\r\nab")
        head, rest = await end.head
        async with asyncio.TaskGroup() as tasks:
            waiting = tasks.create_task(end.body(head, rest))
            await asyncio.sleep(0)
            end.data_received(b"cdefgh")
        assert waiting.result() == b"abcdef"
        end = Far(Heard())
        end.data_received(b"HTTP/1.1 500 No\r\n\r\nab")
        head, rest = await end.head
        end.connection_lost(None)
        assert await end.body(head, rest) == b"ab"

    asyncio.run(scene())
