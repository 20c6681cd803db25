"""nginx and haproxy as people put them in front of us: started by a test, with a log of what each
took for a request.
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.system.processes import free_port, until

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"

NGINX = """\
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  log_format asked '$upstream_status $request_uri';
  access_log {folder}/log asked;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  client_header_timeout 1s; client_body_timeout 1s; keepalive_timeout 1s; lingering_timeout 1s;
  proxy_read_timeout 5s; ignore_invalid_headers {strictness}; underscores_in_headers on;
  upstream back {{ server 127.0.0.1:{back}; keepalive 8; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://back; proxy_http_version 1.1; proxy_set_header connection "";
      proxy_request_buffering off; proxy_buffering off;
    }}
  }}
}}
"""
HAPROXY = """\
global
  log stdout len 4096 format raw local0
defaults
  mode http
  log global
  timeout connect 2s
  timeout client 1s
  timeout server 5s
  timeout http-request 1s
  timeout http-keep-alive 1s
  http-reuse always
  {laxity}
frontend front
  bind 127.0.0.1:{port}
  log-format "%s %ST %HU"
  default_backend back
backend back
  server gateway 127.0.0.1:{back} maxconn 64
"""
CASE = re.compile(r"\?(?:case=)?([^\s&]+)$")
ANSWERED = re.compile(r"(?:gateway )?[1-4]\d\d ")


class Front:
    """A running server before us."""

    def __init__(self, log: Path, port: int) -> None:
        self.port = port
        self._log = log

    def answered(self) -> Counter[str]:
        """How many requests of each case the one behind has answered, by this one's log.

        What the front itself refused, or found broken behind it, is not counted.
        """
        lines = self._log.read_bytes().decode(errors="replace").splitlines()
        found = [CASE.search(line) for line in lines if ANSWERED.match(line)]
        return Counter(case[1] for case in found if case)


@contextlib.contextmanager
def nginx(folder: Path, back: int, *, strict: bool = True) -> Iterator[Front]:
    port = free_port()
    strictness = "on" if strict else "off"
    text = NGINX.format(folder=folder, port=port, back=back, strictness=strictness)
    (folder / "nginx.conf").write_text(text)
    command = ["-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf", "-p", str(folder)]
    with _running("nginx", command, folder / "nginx.out", port):
        yield Front(folder / "log", port)


@contextlib.contextmanager
def haproxy(folder: Path, back: int, *, strict: bool = True) -> Iterator[Front]:
    """Not `strict`: it lets pass what it would have refused in a request."""
    port = free_port()
    laxity = "" if strict else "option accept-invalid-http-request"
    text = HAPROXY.format(folder=folder, port=port, back=back, laxity=laxity)
    (folder / "haproxy.cfg").write_text(text)
    with _running("haproxy", ["-db", "-f", f"{folder}/haproxy.cfg"], folder / "log", port):
        yield Front(folder / "log", port)


FRONTS = {"nginx": nginx, "haproxy": haproxy}


def is_installed(name: str) -> bool:
    return shutil.which(name, path=PATH) is not None


@contextlib.contextmanager
def _running(name: str, arguments: list[str], out: Path, port: int) -> Iterator[None]:
    program = shutil.which(name, path=PATH)
    assert program is not None
    with out.open("wb") as file:
        process = subprocess.Popen([program, *arguments], stdout=file, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _listens(port))
        yield
        assert process.poll() is None, f"{name} ended by itself"
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
