"""What `import understudy` offers, and what it costs."""

import subprocess
import sys

import pytest

import understudy

IMPORTED = """
import socket, sys
socket.socket.connect = None
before = set(sys.modules)
import understudy
print(sorted(set(sys.modules) - before))
understudy.Transport
assert "starlette" not in sys.modules and "uvicorn" not in sys.modules
assert "httpx" not in sys.modules and "openai" not in sys.modules
"""


def test_importing_it_imports_nothing_else_and_asks_nobody():
    ran = subprocess.run(
        [sys.executable, "-I", "-c", IMPORTED], capture_output=True, text=True, check=False
    )
    assert (ran.stdout, ran.stderr) == ("['understudy']\n", "")


def test_it_offers_what_it_says_and_nothing_else():
    assert understudy.Transport.__name__ == "Transport"
    assert issubclass(understudy.ConfigError, Exception)
    with pytest.raises(AttributeError, match="has no attribute 'Nonsense'"):
        understudy.Nonsense  # type: ignore[attr-defined]  # noqa: B018
