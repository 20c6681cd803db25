"""The processes of a benchmark: started pinned to a core, measured by the kernel, stopped at the
end.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.payloads import CALLER_KEY, UPSTREAM_KEY

TARGET_CORE = 0
LOAD_CORE = 1

CHAT_PORT = 9131
MESSAGES_PORT = 9132
NGINX_PORT = 9133
UNDERSTUDY_PORT = 9134

NGINX = f"""
worker_processes 1; daemon off; pid {{folder}}/nginx.pid; error_log {{folder}}/error.log warn;
events {{{{ worker_connections 4096; }}}}
http {{{{
  access_log off; client_body_temp_path {{folder}}/body; proxy_temp_path {{folder}}/proxy;
  fastcgi_temp_path {{folder}}/f; uwsgi_temp_path {{folder}}/u; scgi_temp_path {{folder}}/s;
  client_body_buffer_size 256k; keepalive_requests 1000000; client_max_body_size 32m;
  upstream provider {{{{ server 127.0.0.1:{CHAT_PORT}; keepalive 256; keepalive_requests 1000000;
  }}}} server {{{{ listen 127.0.0.1:{NGINX_PORT};
    location / {{{{ proxy_pass http://provider; proxy_http_version 1.1; proxy_buffering off;
      proxy_set_header Connection ""; proxy_set_header Authorization "Bearer {UPSTREAM_KEY}"; }}}}
      }}}}
}}}}
"""

UNDERSTUDY = f"""
[server]
listen = "127.0.0.1:{UNDERSTUDY_PORT}"
admin = "off"

[journal]
path = "{{folder}}/journal.db"

[keys.bench]
key = "env:BENCH_CALLER_KEY"

[providers.chat]
kind = "openai-compatible"
base_url = "http://127.0.0.1:{CHAT_PORT}/v1"
key = "env:BENCH_UPSTREAM_KEY"

[providers.messages]
kind = "anthropic"
base_url = "http://127.0.0.1:{MESSAGES_PORT}"
key = "env:BENCH_UPSTREAM_KEY"

[routes.bench]
targets = ["chat/up-bench", "messages/up-bench"]

[routes.big]
targets = ["chat/up-big"]

[routes.translated]
targets = ["messages/up-bench", "chat/up-bench"]
"""


class Process:
    """One measured process with its children (a master and its worker, say)."""

    def __init__(self, name: str, popen: "subprocess.Popen[bytes]", ready_s: float) -> None:
        self.name = name
        self.ready_s = ready_s
        self._popen = popen

    def cpu_s(self) -> float:
        """CPU seconds used so far, all threads and children, user and kernel."""
        ticks = os.sysconf("SC_CLK_TCK")
        return sum(_ticks(pid) for pid in self._pids()) / ticks

    def memory_mb(self) -> float:
        """Resident memory."""
        pages = sum(int(_read(pid, "statm").split()[1]) for pid in self._pids())
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def stop(self) -> None:
        self._popen.send_signal(signal.SIGTERM)
        try:
            self._popen.wait(10)
        except subprocess.TimeoutExpired:
            self._popen.kill()

    def _pids(self) -> list[int]:
        pid = self._popen.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, children)]


def pinned(core: int, command: Sequence[str], **environment: str) -> "subprocess.Popen[bytes]":
    """Start a command on one core."""
    return subprocess.Popen(
        ["taskset", "-c", str(core), *command],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=None if os.environ.get("BENCH_VERBOSE") else subprocess.DEVNULL,
    )


@contextlib.contextmanager
def provider() -> Iterator[None]:
    """The simulated provider, on the load's core."""
    command = [sys.executable, "-m", "bench.provider", str(CHAT_PORT), str(MESSAGES_PORT)]
    popen = pinned(LOAD_CORE, command)
    try:
        wait_for(MESSAGES_PORT)
        yield
    finally:
        popen.kill()
        popen.wait()


@contextlib.contextmanager
def nginx(folder: Path) -> Iterator[Process | None]:
    """Nginx as a plain reverse proxy, or None where it is not installed."""
    binary = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if binary is None:
        yield None
        return
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder))
    yield from _running("nginx", [binary, "-c", str(config)], NGINX_PORT)


@contextlib.contextmanager
def understudy(folder: Path) -> Iterator[Process]:
    """The gateway itself, with journal, caller keys and routing on."""
    config = folder / "understudy.toml"
    config.write_text(UNDERSTUDY.format(folder=folder))
    command = [sys.executable, "-m", "understudy", "serve", "-c", str(config)]
    keys = {"BENCH_CALLER_KEY": CALLER_KEY, "BENCH_UPSTREAM_KEY": UPSTREAM_KEY}
    yield from _running("understudy", command, UNDERSTUDY_PORT, **keys)


def wait_for(port: int, limit: float = 15.0) -> float:
    """Wait until something listens on `port`; returns the seconds that took."""
    began = time.monotonic()
    while time.monotonic() < began + limit:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return time.monotonic() - began
        time.sleep(0.005)
    raise SystemExit(f"bench: nothing listens on port {port} after {limit:.0f} s")


def _running(name: str, command: Sequence[str], port: int, **environment: str) -> Iterator[Process]:
    popen = pinned(TARGET_CORE, command, **environment)
    process = Process(name, popen, wait_for(port))
    try:
        yield process
    finally:
        process.stop()


def _ticks(pid: int) -> int:
    fields = _read(pid, "stat").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _read(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text()
