"""How all of OpenAI's APIs list models (platform.openai.com, "Models", 2026-11)."""

from collections.abc import Sequence

import msgspec


def render_models(names: Sequence[str]) -> bytes:
    """Write the list."""
    return msgspec.json.encode({"object": "list", "data": [_model(name) for name in names]})


def render_model(name: str) -> bytes:
    """Write one that is there."""
    return msgspec.json.encode(_model(name))


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "understudy"}
