"""Determinism: the same case in two processes, with other hashes, is the same journal."""

import subprocess
import sys
from pathlib import Path

import pytest

SEEDS = (("0", "6"), ("100", "6"))


def journal(folder: Path, hashseed: str, seed: str, seeds: str) -> bytes:
    path = folder / f"{seed}-{hashseed}.jsonl"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "understudy.cli.swarm",
            *("--seed", seed, "--seeds", seeds, "--journal", str(path)),
        ],
        check=True,
        env={"PYTHONHASHSEED": hashseed},
        capture_output=True,
        timeout=60,
    )
    return path.read_bytes()


@pytest.mark.timeout(150)
@pytest.mark.parametrize(("seed", "seeds"), SEEDS)
def test_hashes_do_not_matter(tmp_path, seed, seeds):
    first, second = (journal(tmp_path, hashseed, seed, seeds) for hashseed in ("1", "4242"))
    assert first.count(b"\n") > 100
    assert first == second
