"""Is a model server running on this machine, and what does it serve? One question on loopback."""

import http.client
import re
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from understudy.config.values import BaseUrl

WAIT = 0.2
"""Seconds for a server on this machine to accept, and again to answer."""

LARGEST_LIST = 2**20
MOST_MODELS = 200

_NO_TALKER = re.compile(r"embed|rerank|whisper", re.IGNORECASE)
"""Names of models that do not chat, as far as the list can tell."""


class _Model(msgspec.Struct, frozen=True):
    id: str
    owned_by: str = ""


class _Models(msgspec.Struct, frozen=True):
    data: tuple[_Model, ...]


Models: TypeAlias = tuple[str, ...]


def probe_models(url: str) -> Models | None:
    """Ask `url` (an address with path, as `http://127.0.0.1:11434/v1`) for its models.

    None: nobody answers there as a model server does, or it is a gateway such as this one.
    """
    base = BaseUrl.parse(url)
    assert base.is_loopback, "only this machine is asked"
    connection = http.client.HTTPConnection(base.origin.host, base.origin.port, timeout=WAIT)
    try:
        connection.request("GET", f"{base.path}/models", headers={"accept": "application/json"})
        response = connection.getresponse()
        body = response.read(LARGEST_LIST + 1)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return _names(body) if response.status == 200 and len(body) <= LARGEST_LIST else None


def _names(body: bytes) -> Models | None:
    try:
        models: Sequence[_Model] = msgspec.json.decode(body, type=_Models).data
    except msgspec.DecodeError:
        return None
    if any(model.owned_by == "understudy" for model in models):
        return None
    names = (model.id for model in models[:MOST_MODELS])
    return tuple(name for name in names if name and not _NO_TALKER.search(name))
