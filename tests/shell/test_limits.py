"""The limit on open files is raised as far as the system allows, and shared out."""

import os
import resource
import subprocess
import sys

import pytest

from understudy.shell.limits import RESERVED, most_clients

_RAISED = """
import resource
from understudy.shell.limits import raise_open_files
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
assert raise_open_files() == hard, hard
resource.setrlimit(resource.RLIMIT_NOFILE, (90, 90))
assert raise_open_files() == 90
"""


@pytest.mark.skipif(
    resource.getrlimit(resource.RLIMIT_NOFILE)[1] == resource.RLIM_INFINITY,
    reason="this system has no hard limit on open files",
)
def test_all_that_the_system_allows_is_taken() -> None:
    subprocess.run([sys.executable, "-c", _RAISED], env=dict(os.environ), check=True)


@pytest.mark.parametrize(
    ("wanted", "open_files", "served"),
    [
        (10_000, None, 10_000),
        (10_000, 65_536, 10_000),
        (10_000, 1024, (1024 - RESERVED) // 2),
        (10_000, 10, 1),
    ],
)
def test_each_client_is_allowed_for_with_two_files(
    wanted: int, open_files: int | None, served: int
) -> None:
    assert most_clients(wanted, open_files) == served
