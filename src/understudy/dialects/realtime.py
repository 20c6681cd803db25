"""Realtime as OpenAI and Azure offer it: a web socket, of which only the address is read here.

Source: OpenAI API reference, "Realtime", connecting over WebSockets; Azure OpenAI, "Realtime API"
(August 2026). What is said through the socket is nobody's business but the two ends'.
"""

import re

from understudy.chat.endpoint import Endpoint
from understudy.wire.http import Headers

NAME = "openai_realtime"
"""What the journal calls it."""

PATHS = frozenset({b"/v1/realtime", b"/openai/v1/realtime", b"/openai/realtime"})

_NAMES = ("model", "deployment")
_FORWARDED = frozenset(
    {
        b"sec-websocket-key",
        b"sec-websocket-version",
        b"sec-websocket-protocol",
        b"sec-websocket-extensions",
        b"openai-beta",
        b"openai-safety-identifier",
    }
)
_KEY_PROTOCOL = b"openai-insecure-api-key."
"""Begins a subprotocol that carries a key, since browsers can send no header field."""

_PLAIN = re.compile(r"[^A-Za-z0-9._~:/-]")


def model_of(query: dict[str, str]) -> str:
    """The route that is asked for; "" for none."""
    return next((query[name] for name in _NAMES if query.get(name)), "")


def written_path(endpoint: Endpoint, query: list[tuple[str, str]]) -> str:
    """Where a socket to `endpoint` is opened: the client's query with the target's model."""
    said = [
        f"{name}={_quoted(endpoint.model if name in _NAMES else value)}"
        for name, value in query
        if name != "key"
    ]
    mark = "&" if "?" in endpoint.path else "?"
    return endpoint.path + (mark + "&".join(said) if said else "")


def forwarded(fields: Headers) -> Headers:
    """The client's header fields that go on; a key in a subprotocol is ours, and stays here."""
    kept: list[tuple[bytes, bytes]] = []
    for name, value in fields:
        if name not in _FORWARDED:
            continue
        if name == b"sec-websocket-protocol":
            words = [word.strip() for word in value.split(b",")]
            value = b", ".join(word for word in words if not word.startswith(_KEY_PROTOCOL))  # noqa: PLW2901
        if value:
            kept.append((name, value))
    return tuple(kept)


def _quoted(text: str) -> str:
    return _PLAIN.sub(lambda found: "".join(f"%{octet:02X}" for octet in found[0].encode()), text)
