"""One gateway that can be killed, starved and started again on the same journal and port, with
clients that go on meanwhile. What the proofs of our own failures stand on.
"""

import asyncio
import contextlib
import json
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.system.processes import Answer, Gateway, free_port, http_request, until

from prove.client import Ask, Heard, send
from prove.world import Spot

_SERVER = """\
[server]
listen = "127.0.0.1:{port}"
admin = "127.0.0.1:{admin}"
log_format = "json"
drain = "{drain}"

[journal]
path = {journal}
"""
_ROUTE = '\n[routes.{name}]\ntargets = ["{name}/m"]\n'
_PROVIDER = """
[providers.{name}]
kind = "openai-compatible"
base_url = "http://127.0.0.1:{port}/v1"
auth = "none"
"""
_SAMPLE = re.compile(r"^(understudy_\w+)(\{[^}]*\})? (\S+)$", re.MULTILINE)


class Rig:
    """`start` and `stop` as often as wanted. Each provider has a route of its name."""

    def __init__(
        self,
        home: Path,
        providers: Sequence[Spot],
        more: str = "",
        drain: str = "60s",
        journal: Path | None = None,
    ) -> None:
        self.home = home
        self.port = free_port()
        self.admin_port = free_port()
        self.config = home / "understudy.toml"
        self.journal = journal or home / "journal.db"
        self.text = _SERVER.format(
            port=self.port,
            admin=self.admin_port,
            drain=drain,
            journal=json.dumps(str(self.journal)),
        )
        self.text += more
        self.text += "".join(_PROVIDER.format(name=p.name, port=p.port) for p in providers)
        self.text += "".join(_ROUTE.format(name=p.name) for p in providers)
        self.config.write_text(self.text)
        self._running: Gateway | None = None

    @property
    def gateway(self) -> Gateway:
        assert self._running is not None, "the rig is started"
        return self._running

    @property
    def pid(self) -> int:
        return self.gateway.process.pid

    def start(self) -> Gateway:
        self._running = Gateway(self.config)
        return self._running

    def kill(self) -> None:
        self.gateway.process.kill()
        self.gateway.process.wait()
        self.gateway.close()

    def close(self) -> None:
        if self._running is not None:
            self._running.close()

    def admin(self, path: str) -> Answer:
        return http_request(f"http://127.0.0.1:{self.admin_port}{path}")

    def metrics(self) -> dict[str, float]:
        """All samples, by name and labels."""
        text = self.admin("/metrics").text
        return {name + labels: float(value) for name, labels, value in _SAMPLE.findall(text)}

    def metric(self, name: str) -> float:
        return self.metrics()[f"understudy_{name}"]

    def open_breakers(self) -> list[str]:
        """Domains whose breaker is not closed."""
        return [
            key
            for key, value in self.metrics().items()
            if key.startswith("understudy_breaker_state") and 'state="closed"' not in key and value
        ]

    def cpu_seconds(self) -> float:
        """What the process has used so far."""
        words = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / 100

    def memory_bytes(self) -> int:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return 1024 * int(re.findall(r"VmRSS:\s+(\d+)", status)[0])

    def await_metric(self, name: str, least: float, patience: float = 15.0) -> None:
        until(lambda: self.metric(name) >= least, patience, every=0.05)

    def ids(self) -> list[str]:
        """The requests in the journal, in their order. A copy is read: what is there stays so."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "copy.db"
            for suffix in ("", "-wal"):
                file = self.journal.with_name(f"{self.journal.name}{suffix}")
                if file.exists():
                    shutil.copyfile(file, copy.with_name(f"copy.db{suffix}"))
            with contextlib.closing(sqlite3.connect(copy)) as connection:
                return [
                    row[0] for row in connection.execute("SELECT id FROM requests ORDER BY seq")
                ]

    def damage(self) -> list[str]:
        """What is wrong with the journal: nothing."""
        with contextlib.closing(sqlite3.connect(self.journal)) as connection:
            (verdict,) = connection.execute("PRAGMA integrity_check").fetchone()
            odd = connection.execute(_ODD).fetchone()[0]
        said = [] if verdict == "ok" else [f"integrity: {verdict}"]
        return said + ([f"{odd} requests without all of their attempts"] if odd else [])


_ODD = """SELECT count(*) FROM requests WHERE attempts !=
    (SELECT count(*) FROM attempts WHERE request_id = id)"""


@contextlib.contextmanager
def rig(home: Path, providers: Sequence[Spot], **more: object) -> Iterator[Rig]:
    """A rig that leaves nothing behind."""
    made = Rig(home, providers, **more)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        made.close()


class Traffic:
    """Clients that ask, each one request after the other, until told to stop.

    A client that is refused looks again soon: a gateway that is gone may come back.
    """

    def __init__(self, port: int, asks: Mapping[str, Ask]) -> None:
        self.heard: dict[str, list[Heard]] = {name: [] for name in asks}
        self._port = port
        self._asks = asks
        self._is_over = False

    @property
    def count(self) -> int:
        return sum(len(each) for each in self.heard.values())

    def stop(self) -> None:
        self._is_over = True

    async def run(self, spread: float = 0.0) -> None:
        """Go on until `stop`; returns when the last answer is there."""
        async with asyncio.TaskGroup() as tasks:
            for place, name in enumerate(self._asks):
                wait = spread * place / len(self._asks)
                tasks.create_task(self._client(name, wait))

    async def _client(self, name: str, wait: float) -> None:
        await asyncio.sleep(wait)
        while not self._is_over:
            heard = await send(self._port, self._asks[name])
            self.heard[name].append(heard)
            if heard.errors:
                await asyncio.sleep(0.01)
