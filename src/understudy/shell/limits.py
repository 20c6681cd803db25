"""How many connections this process may hold: the system's limit on open files, and what it leaves
for clients.
"""

import contextlib
import resource

RESERVED = 64
"""Files for the journal, the log, the listeners, the configuration and the resolver."""


def raise_open_files() -> int | None:
    """Take all the open files that the system allows; returns how many, None: without limit.

    Shells and services begin with 1,024 (from the days of `select`), a tenth of what is needed.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):  # macOS says "no limit", and has one
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


def most_clients(wanted: int, open_files: int | None) -> int:
    """Return how many clients can be served at once: each may need a connection to a provider.

    Who is refused at the door fares better than who is let in when nobody can be asked for it.
    """
    if open_files is None:
        return wanted
    return max(1, min(wanted, (open_files - RESERVED) // 2))
