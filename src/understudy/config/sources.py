"""Where secrets are read from: the environment and files. No message shows what was read."""

import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec

from understudy.config.errors import Unfit, did_you_mean
from understudy.config.secret import Secret, mask
from understudy.config.values import SecretSource

LARGEST_KEY_FILE = 64 * 2**10
"""Bytes. A larger file is no key: a wrong path, most likely."""


class Surroundings(msgspec.Struct, frozen=True):
    """What lies around a configuration.

    `folder` is where relative paths start, `today` the day as ISO 8601, empty when nobody knows.
    """

    environment: Mapping[str, str]
    folder: Path
    today: str = ""


def read_secret(source: SecretSource, around: Surroundings) -> Secret:
    """Return the secret that `source` names. Raises Unfit when there is none, or no usable one."""
    text = (
        _from_file(source, around) if source.scheme == "file" else _from_environment(source, around)
    )
    if not text:
        raise Unfit(f"{mask(str(source))} is empty", "a key")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise Unfit(
            f"{mask(str(source))} holds spaces, line breaks or characters beyond ASCII",
            "a key alone, on one line",
        )
    return Secret(text)


def path_of(source: SecretSource, around: Surroundings) -> Path:
    """Return the file that a `file:` source means.

    Relative ones start at the configuration's folder.
    """
    return around.folder / Path(source.where).expanduser()


def is_open_to_all(path: Path) -> bool:
    """Return whether everybody on this machine may read `path`."""
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


def _from_environment(source: SecretSource, around: Surroundings) -> str:
    text = around.environment.get(source.where)
    if text is None:
        raise Unfit(
            f"environment variable {mask(source.where)} is not set",
            "a variable with the key in it",
            did_you_mean(source.where, around.environment) or "export it before starting",
        )
    return text.strip()


def _from_file(source: SecretSource, around: Surroundings) -> str:
    path = path_of(source, around)
    shown = mask(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_KEY_FILE + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise Unfit(
            f"{shown}: {reason}", "a file that this user can read", _file_hint(error)
        ) from None
    if len(data) > LARGEST_KEY_FILE:
        raise Unfit(f"{shown} is larger than {LARGEST_KEY_FILE} bytes", "a file with the key alone")
    try:
        return data.decode().strip()
    except UnicodeDecodeError:
        raise Unfit(f"{shown} is not text", "a file with the key alone") from None


def _file_hint(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "make the user who starts understudy its owner, with mode 600"
    if isinstance(error, FileNotFoundError):
        return "a relative path starts at the folder of the configuration file"
    return ""
