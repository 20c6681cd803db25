"""Understudy: a gateway that keeps answering when an LLM provider dies.

Importing this package costs nothing: it has no effect, and what it offers is imported when it is
first used (`__init__.pyi` says the same to type checkers).
"""

__version__ = "0.1.0"

_HOMES = {"ConfigError": "understudy.config.errors", "Transport": "understudy.shell.transport"}


def __getattr__(name: str) -> object:
    import importlib  # noqa: PLC0415 - see above

    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)
