"""Azure's deployments: the path says which model is asked, whatever the body says (Microsoft Learn,
"Azure OpenAI REST API reference", 2024-10-21; seen 2026-11-25).
"""

import msgspec

from understudy.dialects.base import Edits
from understudy.dialects.paths import matched
from understudy.dialects.toplevel import edit, read_object

DEPLOYMENTS = "/openai/deployments/"


def deployment_path(leaf: str) -> str:
    """The pattern of an operation's path, `leaf` its end: `chat/completions`."""
    return f"{DEPLOYMENTS}{{model}}/{leaf}"


def named(body: bytes, path: str, pattern: str) -> tuple[bytes, bool]:
    """Return a body that names the deployment of its path, and whether it named no model before.

    Raises: InvalidRequest.
    """
    found = matched(path, (pattern,))
    if found is None:
        return body, False
    name = found["model"]
    raws = read_object(body)
    if "model" in raws:
        return edit(body, Edits(name)), False
    return msgspec.json.encode({"model": name, **raws}), True
