"""Run a target guided by coverage: `python -m fuzz TARGET [--seconds N]`, or `python -m fuzz list`.

Needs Atheris (`make fuzz` installs it). What it finds that reaches new code is kept under
`build/fuzz/TARGET`; an input that breaks something is written there too, and shown.
"""

import argparse
import sys
from pathlib import Path

from fuzz.target import LARGEST

KEPT = Path("build") / "fuzz"
TIMEOUT = 20
"""Seconds for one input: only a hang takes so long."""

MEMORY_MB = 1024


def main(arguments: list[str]) -> None:
    """Fuzz one target until time is up or a bug is found."""
    parser = argparse.ArgumentParser(prog="python -m fuzz")
    parser.add_argument("target")
    parser.add_argument("--seconds", type=int, default=60)
    asked = parser.parse_args(arguments)
    import atheris  # type: ignore[import-untyped,import-not-found,unused-ignore]

    with atheris.instrument_imports(include=["understudy"]):
        from fuzz.catalog import CORPUS, targets
    known = targets()
    if asked.target not in known:
        print("\n".join(known))
        raise SystemExit(0 if asked.target == "list" else 2)
    target = known[asked.target]
    kept = KEPT / target.name
    kept.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (kept / f"seed-{number}").write_bytes(seed)
    words = kept.with_suffix(".dict")
    words.write_text("".join(f'"{_quoted(word)}"\n' for word in target.words))
    options = [
        f"-max_total_time={asked.seconds}",
        f"-timeout={TIMEOUT}",
        f"-rss_limit_mb={MEMORY_MB}",
        f"-max_len={LARGEST}",
        f"-artifact_prefix={kept}-",
        f"-dict={words}",
        "-print_final_stats=1",
    ]
    own = CORPUS / target.name
    folders = [str(kept), *([str(own)] if own.is_dir() else [])]
    atheris.Setup([sys.argv[0], *options, *folders], target.run)
    atheris.Fuzz()


def _quoted(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word[:64])


if __name__ == "__main__":
    main(sys.argv[1:])
