"""What holds for every test: logging is set up for a process, so each test leaves it as it was."""

import gc
from collections.abc import Generator, Iterator

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


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Spare the collector of cycles millions of objects that stay until the end of the run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
