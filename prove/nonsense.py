"""Configurations that went wrong on their way: edited, cut off, mixed up, and worse.

Each is put in the file's place and the gateway is told to read it. All that may come of it is a
refusal that says where.
"""

import random
import re
import signal
from pathlib import Path

import msgspec
from tests.system.processes import until

from prove.rig import Rig
from understudy.config.load import load

WORDS = (
    b'"', b"[", b"]", b"=", b"\n", b"1e999", b"-1", b"true", b"{}", b"[]", b'""', b"nan",
    b"env:NO", b"file:/", b"9" * 400, b"1" * 5000, b"\\u0000", b"[[routes]]\n", b"routes = 1\n",
    b"\0", b"\xff", b"x = " + b"[" * 50_000, b"{a = " * 50_000, b"#" * 5_000_000,
)  # fmt: skip
_PLACE = re.compile(r"understudy\.toml(, line \d+)?")


class Nonsense(msgspec.Struct):
    """What came of it. `placeless`: refusals that name no file."""

    refused: int = 0
    adopted: int = 0
    placeless: list[str] = []


def read_nonsense(there: Rig, count: int, seed: int) -> Nonsense:
    """Have the gateway read `count` spoilt files, each to its end, and the good one at last."""
    draws = random.Random(seed)
    outcome = Nonsense()
    good = there.text.encode()
    for _ in range(count):
        _read(there, _nonsense(good, draws, there.home / "try.toml"))
        error = there.admin("/admin/health").json()["config"]["last_error"]
        if error is None:
            outcome.adopted += 1
        else:
            outcome.refused += 1
            if not _PLACE.search(error):
                outcome.placeless.append(error)
    _read(there, good)
    return outcome


def _nonsense(good: bytes, draws: random.Random, place: Path) -> bytes:
    """A spoilt file that nobody can mean; what is a configuration all the same does not count."""
    while True:
        data = spoilt(good, draws)
        place.write_bytes(data)
        try:
            load(place, {})
        except Exception:  # noqa: BLE001 - a bug, too, is for the gateway to survive
            return data


def _read(there: Rig, data: bytes) -> None:
    """Put a file in place as deployment tools do, and wait until it was read."""

    def count() -> int:
        state = there.admin("/admin/health").json()["config"]
        return int(state["reloads"]) + int(state["failures"])

    reads = count()
    new = there.config.with_suffix(".new")
    new.write_bytes(data)
    new.replace(there.config)
    there.gateway.signal(signal.SIGHUP)
    until(lambda: count() > reads, 15.0)


def spoilt(good: bytes, draws: random.Random) -> bytes:
    """One to four mistakes: words put in or written over, parts lost or there twice."""
    data = bytearray(good)
    for _ in range(draws.randint(1, 4)):
        at, other = draws.randrange(len(data) + 1), draws.randrange(len(data) + 1)
        match draws.randrange(5):
            case 0:
                data[at:at] = draws.choice(WORDS)
            case 1:
                data[at : at + draws.randint(1, 12)] = draws.choice(WORDS)
            case 2:
                del data[at : at + draws.randint(1, 30)]
            case 3:
                data[at:at] = data[min(at, other) : max(at, other)]
            case _:
                del data[at:]
    return bytes(data)
