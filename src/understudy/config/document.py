"""The file as text, and as the schema's tables.

Everything wrong with its form is told here, with lines.
"""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

import msgspec

from understudy.config.decode import Decoder
from understudy.config.errors import ConfigError, Problem
from understudy.config.lines import find_line
from understudy.config.schema import SHORTHAND, FileTable
from understudy.config.secret import mask

LARGEST_FILE = 4 * 2**20
"""Bytes. Nobody writes a larger one by hand, and a wrong path should not fill the memory."""

OTHER_NAMES: MappingProxyType[str, str] = MappingProxyType(
    {
        "account_id": "account",
        "api_base": "base_url",
        "api_key": "key",
        "api_keys": "keys",
        "bind": "listen",
        "budget": "usd_per_month",
        "budgets": "limits",
        "concurrency": "concurrent_requests",
        "cost": "price",
        "deployment": "upstream",
        "endpoint": "base_url",
        "fallbacks": "targets",
        "max_budget": "usd_per_month",
        "max_parallel_requests": "concurrent_requests",
        "models": "targets",
        "organization": "account",
        "prices": "price",
        "provider": "kind",
        "quota_pool": "account",
        "retries": "max_attempts",
        "rpm": "requests_per_minute",
        "rpm_limit": "requests_per_minute",
        "secret": "key",
        "timeout": "deadline",
        "token": "key",
        "tpm": "tokens_per_minute",
        "tpm_limit": "tokens_per_minute",
        "ttl": "max_age",
        "type": "kind",
        "url": "base_url",
    }
)
"""What other programs call our fields; only for hints."""

_TOML_PLACE = re.compile(r"\s*\(at (?:line ([0-9]+), column [0-9]+|end of document)\)$")


class Document(msgspec.Struct, frozen=True):
    """A configuration's text and where it came from; `file` is how messages name it."""

    text: str
    file: str

    def error(self, problems: Sequence[Problem]) -> ConfigError:
        """Return the error that tells `problems`, each with its line."""
        placed = [
            problem
            if problem.line is not None
            else msgspec.structs.replace(problem, line=find_line(self.text, problem.path))
            for problem in problems
        ]
        return ConfigError(placed, self.file)

    def decode(self) -> FileTable:
        """Read the tables. Raises: ConfigError, with every mistake of form."""
        try:
            parsed = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            raise self.error([self._syntax(error)]) from None
        except ValueError:  # Python's own, of a number with thousands of digits
            raise self.error([Problem("", "a number that is too long", "fewer digits")]) from None
        except RecursionError:
            raise self.error([Problem("", "values nested too deeply", "a few levels")]) from None
        decoder = Decoder(SHORTHAND, OTHER_NAMES)
        tables = decoder.decode(parsed, FileTable)
        if decoder.problems or tables is None:
            raise self.error(decoder.problems)
        return tables

    def _syntax(self, error: tomllib.TOMLDecodeError) -> Problem:
        message = str(error)
        place = _TOML_PLACE.search(message)
        line = int(place[1]) if place is not None and place[1] else None
        if place is not None and line is None:
            line = self.text.count("\n") + 1
        reason = mask(_TOML_PLACE.sub("", message))
        hint = "texts stand in double quotes" if reason == "Invalid value" else ""
        return Problem("", reason[:1].lower() + reason[1:], "TOML (https://toml.io)", hint, line)


def read_document(path: Path) -> Document:
    """Read the file. Raises: ConfigError when it is not there, not readable or not text."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        problem = Problem("", reason, "a TOML file that this user can read")
        raise ConfigError([problem], str(path)) from None
    if len(data) > LARGEST_FILE:
        problem = Problem("", f"more than {LARGEST_FILE:,} bytes", "a configuration file")
        raise ConfigError([problem], str(path))
    try:
        return Document(data.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        problem = Problem("", "bytes that are not UTF-8", "TOML, which is UTF-8", line=line)
        raise ConfigError([problem], str(path)) from None
