"""The simulator's remote control: HTTP on loopback, to set faults and read the log.

GET  /                          all providers: address, fault, requests so far
GET  /faults                    every fault by name, with its fields
PUT  /providers/NAME/fault      body: a fault as text or JSON (DELETE, or an empty body: no more)
POST /providers/NAME/kill       be gone: connections reset, new ones refused
POST /providers/NAME/revive     listen again
GET  /providers/NAME/requests   what it saw, oldest first
"""

import asyncio
from collections.abc import Sequence

import msgspec

from understudy.shell.player import Player
from understudy.shell.simulator import Seen, Simulator, Station, UnknownProvider
from understudy.sim.fault_text import FaultError, describe, names
from understudy.sim.provider import Incoming
from understudy.sim.steps import Step, whole


class Control:
    """Listens on loopback and lets HTTP requests reach the simulator's methods."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._loop = asyncio.get_running_loop()
        self._server: asyncio.Server | None = None
        self._players: set[Player] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> str:
        """Listen; returns the address. Raises: OSError."""
        self._server = await self._loop.create_server(lambda: Player(self), "127.0.0.1", port)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        for player in tuple(self._players):
            player.reset()
        await asyncio.gather(*self._tasks)

    def admits(self, player: Player) -> bool:
        self._players.add(player)
        return True

    def left(self, player: Player) -> None:
        self._players.discard(player)

    def take(self, incoming: Incoming, *, is_first: bool) -> "Reply":  # noqa: ARG002 - the stage's
        return Reply(*self._answer(incoming))

    def _answer(self, incoming: Incoming) -> tuple[int, object]:
        pieces = incoming.path.partition("?")[0].strip("/").split("/")
        try:
            match (incoming.method, pieces):
                case ("GET", [""]):
                    return 200, {name: self._state(name) for name in self._simulator.names()}
                case ("GET", ["faults"]):
                    return 200, {name: describe(name) for name in names()}
                case ("GET", ["providers", name, "requests"]):
                    return 200, [_shown(seen) for seen in self._simulator.seen(name)]
                case (method, ["providers", name, verb]):
                    return self._change(method, name, verb, incoming.body)
                case _:
                    return 404, {"error": f"no {incoming.method} {incoming.path[:200]}"}
        except UnknownProvider as error:
            return 404, {"error": str(error)}
        except (FaultError, UnicodeDecodeError) as error:
            return 400, {"error": str(error)}

    def _change(self, method: str, name: str, verb: str, body: bytes) -> tuple[int, object]:
        station = self._simulator.station(name)
        match (method, verb):
            case ("PUT" | "POST", "fault"):
                self._simulator.arm(name, body.decode())
            case ("DELETE", "fault"):
                self._simulator.arm(name, None)
            case ("POST", "kill"):
                station.is_killed = True
            case ("POST", "revive"):
                station.is_killed = False
            case _:
                return 404, {"error": f"no {method} of {verb[:50]!r}"}
        self._sync(station)
        return 200, self._state(name)

    def _sync(self, station: Station) -> None:
        task = self._loop.create_task(station.sync())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _state(self, name: str) -> object:
        station = self._simulator.station(name)
        return {
            "url": station.url,
            "dialect": station.provider.dialect,
            "killed": station.is_killed,
            "faults": [msgspec.to_builtins(fault) for fault in station.faults],
            "requests": station.count,
        }


class Reply:
    """One answer of the control."""

    is_stamped = False

    def __init__(self, status: int, value: object) -> None:
        body = msgspec.json.encode(value)
        self.steps: Sequence[Step] = whole(status, ((b"content-type", b"application/json"),), body)

    def sent(self, count: int) -> None:
        """Nobody counts."""

    def ended(self, *, complete: bool) -> None:
        """Nobody waits."""


def _shown(seen: Seen) -> object:
    shown = msgspec.structs.asdict(seen)
    shown["headers"] = {
        name.decode("latin-1"): value.decode("latin-1") for name, value in seen.headers
    }
    shown["body"] = seen.body.decode("utf-8", "replace")
    return shown
