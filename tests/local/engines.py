"""Engines to test with: the real one over a small model, and programs that only seem to be one."""

from pathlib import Path

import msgspec
from tests.local.gguf import write_model

from understudy.config.engine import EngineBuilder, EngineSettings
from understudy.config.schema import ProviderTable
from understudy.config.schema_engine import EngineTable
from understudy.config.values import ByteCount


def engine_settings(folder: Path, **changes: object) -> EngineSettings:
    """Of a model that is written into `folder`."""
    file = folder / "m.gguf"
    if not file.exists():
        write_model(file)
    table = EngineTable(memory=ByteCount(2**30), threads=1)
    builder = EngineBuilder(folder)
    builder.prepare("local", ProviderTable(model_file="m.gguf", engine=table))
    assert builder.problems == []
    return msgspec.structs.replace(builder.engines[0], **changes)


def program(folder: Path, script: str) -> str:
    """A program that does something else; returns its path."""
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def is_alive(pid: int) -> bool:
    """Whether there is such a process, and not just its record."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
