"""The process of an engine: limits itself, becomes a program or llama.cpp, ends with its parent."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.local.engines import is_alive, program
from tests.local.gguf import write_model
from tests.system.processes import free_port, http_request, until

from understudy.cli import local_engine

pytestmark = pytest.mark.timeout(60)  # a real engine starts, beside whatever else runs

COMMAND = [sys.executable, "-m", "understudy.cli.local_engine", "--memory", str(2**30)]
PARENT = """
import subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)
print(child.pid, flush=True)
sys.stdin.read()
"""


def arguments(folder: Path, port: int) -> list[str]:
    model = write_model(folder / "m.gguf")
    return [
        *("--model", str(model), "--port", str(port), "--host", "127.0.0.1"),
        *("--ctx-size", "512", "--parallel", "1", "--threads", "1"),
    ]


def healthy(port: int) -> bool:
    try:
        return http_request(f"http://127.0.0.1:{port}/health").status == 200
    except OSError:
        return False


def test_it_serves_until_its_input_ends(tmp_path):
    port = free_port()
    process = subprocess.Popen(
        [*COMMAND, *arguments(tmp_path, port)], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    until(lambda: healthy(port), 15)
    _, told = process.communicate()
    assert process.returncode == 0, told


def test_what_is_no_model_is_said_by_the_engine_itself(tmp_path):
    bad = tmp_path / "bad.gguf"
    bad.write_text("nothing")
    ran = subprocess.run(
        [*COMMAND, "--model", str(bad), *arguments(tmp_path, 1)[2:]],
        input=b"",
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 1
    assert b"bad.gguf" in ran.stderr


def test_a_program_takes_its_place_and_its_limits(tmp_path):
    told = program(tmp_path, 'ulimit -d; echo "$@"; nice; cat /proc/self/oom_score_adj')
    ran = subprocess.run(
        [*COMMAND, told, "--model", "x y"], capture_output=True, text=True, check=True
    )
    data, said, niceness, score = ran.stdout.splitlines()
    assert int(data) * 1024 == 2**30 + local_engine.STACKS
    assert said == "--model x y"
    assert int(niceness) >= local_engine.NICENESS
    assert int(score) == 900


def test_a_program_that_is_none_is_told(tmp_path):
    path = tmp_path / "folder"
    path.mkdir()
    ran = subprocess.run([*COMMAND, str(path)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, f"{path}: permission denied\n")


def test_nothing_outlives_a_parent_that_was_killed(tmp_path):
    sleeps = program(tmp_path, "exec sleep 1000")
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *COMMAND, sleeps],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    assert parent.stdin is not None
    pid = int(parent.stdout.readline())
    until(lambda: Path(f"/proc/{pid}/comm").read_text() == "sleep\n", 15)
    parent.kill()
    parent.wait()
    parent.stdin.close()
    parent.stdout.close()
    until(lambda: not is_alive(pid))


def test_a_parent_that_went_before_is_noticed(monkeypatch):
    before = signal.getsignal(signal.SIGTERM)
    for name in ("setrlimit", "RLIMIT_DATA"):
        monkeypatch.setattr(resource, name, lambda *_: None)
    monkeypatch.setattr(os, "nice", lambda _: 0)
    monkeypatch.setattr(local_engine, "PR_SET_PDEATHSIG", 0)
    monkeypatch.setattr(Path, "write_text", lambda *_: 0)
    with pytest.raises(SystemExit):
        local_engine.limit_oneself(1, os.getppid() + 1)
    assert signal.getsignal(signal.SIGTERM) == before
