"""Azure's deployments as a caller names them."""

import json

import pytest

from understudy.chat.errors import InvalidRequest
from understudy.dialects.base import Dialect, Edits
from understudy.dialects.catalog import CHATS
from understudy.dialects.deployments import deployment_path, named
from understudy.dialects.paths import Paths

CHAT = CHATS["openai_chat"]
COMPLETIONS = CHATS["openai_completions"]
ASKED = {"messages": [{"role": "user", "content": "hi"}], "temperature": 0.5}
PATH = "/openai/deployments/our%20chat/chat/completions?api-version=2024-10-21"


@pytest.mark.parametrize(
    ("dialect", "leaf", "asked"),
    [(CHAT, "chat/completions", ASKED), (COMPLETIONS, "completions", {"prompt": "hi"})],
)
@pytest.mark.parametrize("model", [None, "gpt-4", "our chat"])
def test_the_path_says_who_is_asked(
    dialect: Dialect, leaf: str, asked: dict[str, object], model: str | None
) -> None:
    path = f"/openai/deployments/our%20chat/{leaf}?api-version=2024-10-21"
    assert Paths(CHATS).find(path.partition("?")[0].encode()) is dialect
    body = json.dumps(asked if model is None else {**asked, "model": model}).encode()
    glance = dialect.glance(body, path)
    assert (glance.model, glance.must_change) == ("our chat", model is None)
    assert dialect.parse_request(body, path).model == "our chat"
    if not glance.must_change:
        assert json.loads(dialect.edit_request(body, Edits("m"))) == {**asked, "model": "m"}


def test_other_paths_change_nothing() -> None:
    body = b'{"model": "m"}'
    assert named(body, "/v1/chat/completions", deployment_path("chat/completions")) == (body, False)


def test_what_is_no_request_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        CHAT.glance(b"[]", PATH)
    with pytest.raises(InvalidRequest, match="messages"):
        CHAT.glance(b'{"model": "m"}', PATH)
