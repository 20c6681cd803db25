"""LangChain's own suites over its packages for OpenAI, Anthropic and Ollama, in a process of their
own: their HTTP clients are shared by all of a process, and other tests close them.
"""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

SUITES = Path(__file__).with_name("langchain_suites.py")
ROOT = Path(__file__).parents[2]

WHY = {
    "needs a model of sense": 6,  # the simulated model keeps to schemas and understands nothing
    # the suite fetches pictures, PDFs and sound from the internet, these with them:
    "Model does not support image message.": 1,
    "Model does not support image tool message.": 1,
    "Model does not support PDF inputs.": 1,
    "Model does not support PDF tool message.": 1,
    "Model does not support audio inputs.": 1,
    "Model does not explicitly support Anthropic inputs.": 1,
    "Test requires json mode support.": 1,  # JSON without a schema: names of fields need sense
    "VCR not set up.": 1,  # times a run that was recorded
}
"""How many tests of each package are left out, by the reason that the suite gives."""

PASSED = {"TestOpenAI": 36, "TestAnthropic": 36, "TestOllama": 33}
MORE = {
    # Ollama's API cannot demand a call: two more tests wait for sense, one for the demand itself.
    "TestOllama": {"needs a model of sense": 8, "Test requires tool choice.": 1},
}


@pytest.mark.timeout(180)
def test_the_suites_pass_and_what_they_leave_out_is_known(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    quiet = ["-q", "-p", "no:randomly", "-p", "no:xdist", "-p", "no:cacheprovider"]
    # of a worker of ours it would think itself one
    env = {name: said for name, said in os.environ.items() if not name.startswith("PYTEST_")}
    ran = subprocess.run(
        # what the packages leave open is said at the end of the process, as an error
        [
            sys.executable,
            "-m",
            "pytest",
            *quiet,
            "-p",
            "no:unraisableexception",
            f"--basetemp={tmp_path / 'suites'}",
            f"--junitxml={report}",
            str(SUITES),
        ],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert _counts(report) == {
        (suite, said): count
        for suite, passed in PASSED.items()
        for said, count in {"passed": passed, **WHY, **MORE.get(suite, {})}.items()
    }


def _counts(report: Path) -> Counter[tuple[str, str]]:
    """How many tests of each suite passed, or were left out and why."""
    counts: Counter[tuple[str, str]] = Counter()
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - written by pytest
        skipped = case.find("skipped")
        said = "passed" if skipped is None else skipped.get("message", "")
        counts[case.get("classname", "").rpartition(".")[2], said] += 1
    return counts
