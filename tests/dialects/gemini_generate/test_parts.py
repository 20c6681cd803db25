"""Parts, written for one endpoint."""

import pytest
from msgspec import Raw
from tests.dialects.gemini_generate.talk import ENDPOINT

from understudy.chat.loss import Loss
from understudy.chat.parts import (
    Audio,
    CacheHint,
    Citation,
    Document,
    FileRef,
    Image,
    Inline,
    InlineText,
    Opaque,
    Part,
    Refusal,
    Text,
    ToolResult,
    Url,
)
from understudy.dialects.gemini_generate.parts import Parts
from understudy.dialects.gemini_generate.schema import NAME

PNG = Inline("image/png", "AA==")
SAID = {"inlineData": {"mimeType": "image/png", "data": "AA=="}}
VERTEX_FILE = Raw(b'{"file_data":{"file_uri":"gs://b/x"}}')


@pytest.mark.parametrize(
    ("part", "said", "lost"),
    [
        (Text("a", CacheHint(), (Citation(),)), {"text": "a"}, ["p.citations", "p.cache"]),
        (Refusal("no"), {"text": "no"}, ["~p"]),
        (Image(PNG), SAID, []),
        (Image(PNG, detail="low"), SAID, ["p.detail"]),
        (Image(Url("https://x/a", "image/png")),
         {"fileData": {"fileUri": "https://x/a", "mimeType": "image/png"}}, []),
        (Image(Url("https://x/a")),
         {"fileData": {"fileUri": "https://x/a", "mimeType": "image/jpeg"}}, []),
        (Image(Url("https://x/a.webp?b")),
         {"fileData": {"fileUri": "https://x/a.webp?b", "mimeType": "image/webp"}}, []),
        (Document(Url("https://x/a")),
         {"fileData": {"fileUri": "https://x/a", "mimeType": "application/pdf"}}, []),
        (Image(FileRef("f", "gemini")), {"fileData": {"fileUri": "f"}}, []),
        (Image(FileRef("f", "openai")), None, ["p"]),
        (Document(InlineText("words"), title="t", context="c", wants_citations=True),
         {"text": "words"}, ["p.title", "p.context", "p.wants_citations", "~p"]),
        (Document(Inline("application/pdf", "AA==")),
         {"inlineData": {"mimeType": "application/pdf", "data": "AA=="}}, []),
        (Audio(Inline("audio/wav", "AA==")),
         {"inlineData": {"mimeType": "audio/wav", "data": "AA=="}}, []),
        (Audio(id="x", transcript="hi"), {"text": "hi"}, ["~p"]),
        (Audio(id="x"), None, ["p"]),
        (Opaque(NAME, "toolCall", Raw(b'{"toolCall":{}}')), {"toolCall": Raw(b"{}")}, []),
        (Opaque(NAME, "fileData", VERTEX_FILE), None, ["p"]),
        (Opaque("x", "y", Raw(b"{}")), None, ["p"]),
    ],
)  # fmt: skip
def test_parts(part: Part, said: dict | None, lost: list[str]) -> None:
    losses: list[Loss] = []
    assert Parts(ENDPOINT, losses, is_own=False).write(part, "p") == said
    assert [loss.token for loss in losses] == lost


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (ToolResult("c", (Text("b"),)), {"response": {"output": "b"}}),
        (ToolResult("c", (Text('{"a": 1}'),)), {"response": Raw(b'{"a": 1}')}),
        (ToolResult("c", (Text("[1]"),)), {"response": {"output": "[1]"}}),
        (ToolResult("c", (Text("no"),), is_error=True), {"response": {"error": "no"}}),
        (ToolResult("c", (Text("x"), Image(PNG))), {"response": {"output": "x"}, "parts": [SAID]}),
    ],
)
def test_results(result: ToolResult, said: dict) -> None:
    losses: list[Loss] = []
    assert Parts(ENDPOINT, losses, is_own=False).result(result, "p") == said
    assert losses == []
