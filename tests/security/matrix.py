"""Who may do what, in one table: each path of each listener, each method, each kind of caller."""

from typing import NamedTuple

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
READS = ("GET", "HEAD")


class Rule(NamedTuple):
    """What a path answers: `methods` to those who may, `otherwise` to other methods of theirs.

    `open`: no key is asked for. `restricted`: what a caller gets whose key has another route only.
    """

    methods: dict[str, int]
    otherwise: int
    is_open: bool = False
    restricted: int | None = None


_CHAT = Rule({"POST": 200}, 405, restricted=404)
_LIST = Rule(dict.fromkeys(READS, 200), 404)
_NOTHING = Rule({}, 404)
_ALIVE = Rule(dict.fromkeys(METHODS, 200), 200, is_open=True)
_PAGE = Rule(dict.fromkeys(READS, 200), 405, is_open=True)
_ORDER = Rule({"POST": 415}, 405, is_open=True)
"""Carried out only in JSON, which a web page's form cannot send, and with what `guard` asks for."""
_NO_PAGE = Rule({}, 404, is_open=True)

DATA: dict[str, Rule] = {
    "/v1/chat/completions": _CHAT,
    "/chat/completions": _CHAT,
    "/openai/v1/chat/completions": _CHAT,
    "/v1/messages": _CHAT,
    "/anthropic/v1/messages": _CHAT,
    "/v1/models": _LIST,
    "/models": _LIST,
    "/v1/models/all": Rule(dict.fromkeys(READS, 200), 404, restricted=404),
    "/v1/models/nothing": _NOTHING,
    "/healthz": _ALIVE,
    **dict.fromkeys(
        (
            *("/", "/metrics", "/readyz", "/admin/health", "/admin", "/config", "/v1", "/.env"),
            *("/v1/chat/completions/", "//v1/chat/completions", "/v1/chat/../chat/completions"),
            *("/v1/chat%2fcompletions", "/V1/chat/completions", "/v1/chat/completions;x"),
            *("/healthz/", "/healthz/../v1/chat/completions", "/healthz;/v1/models"),
            *("http://127.0.0.1/healthz", "http://127.0.0.1/v1/chat/completions", "*"),
        ),
        _NOTHING,
    ),
}
ADMIN: dict[str, Rule] = {
    "/healthz": _PAGE,
    "/readyz": _PAGE,
    "/metrics": _PAGE,
    "/admin/health": _PAGE,
    "/admin/limits": _PAGE,
    "/admin/drains": _PAGE,
    "/admin/drain": _ORDER,
    "/admin/return": _ORDER,
    **dict.fromkeys(
        (
            *("/", "/admin", "/admin/", "/admin/config", "/config", "/reload", "/admin/reload"),
            *("/admin/keys", "/v1/chat/completions", "/v1/models", "/docs", "/openapi.json"),
            *("/admin/../admin/health", "//admin/health", "/static/x", "/debug/vars"),
        ),
        _NO_PAGE,
    ),
}
