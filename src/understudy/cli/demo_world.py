"""The demo's world: three simulated providers, and a real gateway process before them."""

import asyncio
import contextlib
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import msgspec

from understudy.dialects.catalog import DIALECTS
from understudy.shell.simulator import Simulator
from understudy.sim.provider import Prefill, Provider

LAB_A, LAB_B, FLOOR = "lab-a", "lab-b", "floor"
TOKENS = 60
RATE = 32.0
DELAY = 0.3
"""Every provider says so many tokens, so many a second, after so many seconds."""

ROUTES = {"assistant": (LAB_A, LAB_B, FLOOR), "writer": (LAB_B, LAB_A, FLOOR)}
"""What each application asks for: its own provider first, the other lab next, ours last."""

MODEL = "sim"
DIRECT = "sim-direct"
"""The model's name where an application calls its provider directly."""

PROVIDERS = (
    Provider(LAB_A, "openai_chat", tokens=TOKENS, rate=RATE, delay=DELAY, prefill=Prefill.IGNORE),
    Provider(
        LAB_B, "anthropic_messages", tokens=TOKENS, rate=RATE, delay=DELAY, prefill=Prefill.REJECT
    ),
    Provider(FLOOR, "openai_chat", tokens=TOKENS, rate=RATE, delay=DELAY),
)
"""As in life: one lab begins anew when its own words are put before it, one refuses, and a model
server of one's own goes on where the text stops."""

_START_WITHIN = 15.0
_STOP_WITHIN = 4.0
_JOURNAL = "journal.db"
_LOG = "gateway.log"
_CONFIG = """\
[server]
listen = "127.0.0.1:{port}"
admin = "off"
drain = "1s"

[journal]
path = {journal}

[providers.lab-a]
kind = "openai-compatible"
base_url = "{lab_a}/v1"
auth = "none"
lab = "Lab A"
host = "Lab A"
[providers.lab-a.models.sim]
capabilities = ["tools", "json_mode", "json_schema", "streaming"]

[providers.lab-b]
kind = "openai-compatible"
dialect = "anthropic_messages"
base_url = "{lab_b}"
auth = "none"
lab = "Lab B"
host = "Lab B"
[providers.lab-b.models.sim]
capabilities = ["tools", "streaming"]
max_output_tokens = 1000

[providers.floor]
kind = "openai-compatible"
base_url = "{floor}/v1"
auth = "none"
lab = "our own"
host = "this machine"
[providers.floor.models.sim]
capabilities = ["tools", "json_mode", "json_schema", "streaming", "prefill"]

[defaults]
on_break = "resume"
deadline = 20

[routes.assistant]
targets = ["lab-a/sim", "lab-b/sim", "floor/sim"]

[routes.writer]
targets = ["lab-b/sim", "lab-a/sim", "floor/sim"]
"""


class CannotStart(Exception):
    """The gateway did not come up. The message says what it said."""


class World:
    """`gateway` is its address. `stop` ends it, and then its journal is complete."""

    def __init__(
        self, simulator: Simulator, gateway: str, process: asyncio.subprocess.Process, folder: Path
    ) -> None:
        self.simulator = simulator
        self.gateway = gateway
        self.journal = folder / _JOURNAL
        self.log = folder / _LOG
        self._process = process

    async def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_WITHIN)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@contextlib.asynccontextmanager
async def open_world() -> AsyncIterator[World]:
    """Start everything; stop it again. Raises: CannotStart."""
    with tempfile.TemporaryDirectory(prefix="understudy-demo-") as name, free_port() as port:
        async with Simulator(PROVIDERS, DIALECTS) as simulator:
            folder = Path(name)
            config = _write_config(folder, port, simulator)
            process = await spawn(config, folder / _LOG, os.environ)
            world = World(simulator, f"http://127.0.0.1:{port}", process, folder)
            try:
                await wait_for(process, port, world.log)
                yield world
            finally:
                await world.stop()


def _write_config(folder: Path, port: int, simulator: Simulator) -> Path:
    urls = {name.replace("-", "_"): url for name, url in simulator.urls().items()}
    text = _CONFIG.format(port=port, journal=_quoted(str(folder / _JOURNAL)), **urls)
    config = folder / "understudy.toml"
    config.write_text(text)
    return config


@contextlib.contextmanager
def free_port() -> Iterator[int]:
    """A port that stays ours: bound, never listening, so that only the gateway listens."""
    with socket.socket() as guard:
        guard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        guard.bind(("127.0.0.1", 0))
        yield guard.getsockname()[1]


async def spawn(
    config: Path, log: Path, environment: Mapping[str, str]
) -> asyncio.subprocess.Process:
    """Start a gateway with that configuration; what it says goes into `log`."""
    command = [sys.executable, "-m", "understudy", "serve", "-c", str(config)]
    with log.open("wb") as said:
        return await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=said, stderr=said, env=environment
        )


async def wait_for(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    """Wait until the gateway listens. Raises: CannotStart, with what it said in its log."""
    try:
        async with asyncio.timeout(_START_WITHIN):
            while process.returncode is None:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    return
                await asyncio.sleep(0.02)
    except TimeoutError:
        pass
    raise CannotStart(f"the gateway did not start:\n{_end_of(log)}")


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


def _quoted(text: str) -> str:
    """A TOML string (its basic strings are JSON's)."""
    return msgspec.json.encode(text).decode()
