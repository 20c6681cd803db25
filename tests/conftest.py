"""What holds for every test: logging is set up for a process, so each test leaves it as it was."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def _same_logging() -> Iterator[None]:
    """Restore what a test set up; `capture_logs` leaves an unconfigured structlog configured."""
    was = structlog.get_config() if structlog.is_configured() else None
    yield
    if was is None:
        structlog.reset_defaults()
    else:
        structlog.configure(**was)
