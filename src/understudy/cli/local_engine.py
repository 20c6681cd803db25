"""The process that an engine is: limits itself first, then serves a model's file.

python -m understudy.cli.local_engine --memory BYTES [PROGRAM] --model FILE --port N ...

With PROGRAM (llama.cpp's own `llama-server`) it becomes that; else it is llama.cpp as a library,
and ends with its standard input. Whoever started it is watched, too: nothing outlives a gateway.
"""

import argparse
import contextlib
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

EXIT_FAILED: Final = 1
NICENESS: Final = 5
"""The gateway goes first: it takes little, and others wait for it."""

STACKS: Final = 512 * 2**20
"""Bytes of address space beside what is really used: stacks of threads, arenas."""

PR_SET_PDEATHSIG: Final = 1


def main(arguments: Sequence[str]) -> int:
    """Serve until the parent has gone."""
    assert arguments[0] == "--memory"
    limit_oneself(int(arguments[1]), os.getppid())
    rest = list(arguments[2:])
    if rest and not rest[0].startswith("-"):
        become(rest)
    return serve(rest)


def limit_oneself(memory: int, parent: int) -> None:
    """Take no more than `memory`, be the first to go when memory is short, and end with `parent`.

    As far as the system can do that: what is missing is missed by nobody but a machine in need.
    """
    with contextlib.suppress(OSError, ValueError):
        most = memory + STACKS
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("900")
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it went before we said so
        sys.exit(EXIT_FAILED)


def become(command: list[str]) -> NoReturn:
    """Be the program from now on."""
    try:
        os.execv(command[0], command)  # noqa: S606 - its owner named it
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {(error.strerror or '').lower()}\n")
        sys.exit(EXIT_FAILED)


def serve(arguments: Sequence[str]) -> int:
    """Run llama.cpp's server in this process."""
    wanted = _parse(arguments)
    try:
        import xllamacpp
    except ImportError:
        sys.stderr.write("no xllamacpp in this Python: pip install 'understudy[local]'\n")
        return EXIT_FAILED
    params = xllamacpp.CommonParams()
    params.model.path = wanted.model
    params.hostnames = [wanted.host]
    params.port = wanted.port
    params.n_ctx = wanted.ctx_size
    params.n_parallel = wanted.parallel
    params.cpuparams.n_threads = wanted.threads
    params.cpuparams_batch.n_threads = wanted.threads
    params.cache_ram_mib = 0  # it would keep 8 GiB of old prompts
    params.ui = False
    params.verbosity = 1
    try:
        server = xllamacpp.Server(params)
    except (RuntimeError, MemoryError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_FAILED
    while sys.stdin.buffer.read(4096):
        pass
    del server
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="local_engine")
    parser.add_argument("--model", required=True)
    parser.add_argument("--host", default="127.0.0.1")
    for name in ("port", "ctx-size", "parallel", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
