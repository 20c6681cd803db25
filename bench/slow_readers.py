"""1,000 clients that ask for 20 MB answers and hardly read: what that adds to the gateway's
memory.
"""

import socket
import time
from typing import Any

from bench.payloads import chat_request, request_bytes
from bench.processes import UNDERSTUDY_PORT, Process

READERS = 1000
SETTLE_S = 6.0


def slow_readers(process: Process) -> dict[str, Any]:
    """Open all, read 4 KiB from each, wait, and weigh the process."""
    before = process.memory_mb()
    body = chat_request(stream=True, model="big")
    request = request_bytes(UNDERSTUDY_PORT, body)
    clients: list[socket.socket] = []
    try:
        for _ in range(READERS):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            client.connect(("127.0.0.1", UNDERSTUDY_PORT))
            client.sendall(request)
            clients.append(client)
        answered = 0
        for client in clients:
            client.settimeout(20)
            answered += bool(client.recv(4096))
        time.sleep(SETTLE_S)
        after = process.memory_mb()
    finally:
        for client in clients:
            client.close()
    return {
        "readers": READERS,
        "answered": answered,
        "before_mb": round(before, 1),
        "after_mb": round(after, 1),
        "added_mb": round(after - before, 1),
    }
