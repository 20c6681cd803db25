"""What the dialects themselves read from the taxonomy's example bodies selects the same rows."""

import importlib
from collections.abc import Callable
from typing import cast

import pytest

from understudy.chat.failure import Progress, Signal
from understudy.providers.classifier import Classifier
from understudy.providers.taxonomy import Row, load_taxonomy
from understudy.wire.http import ResponseHead

TAXONOMY = load_taxonomy()
CLASSIFIER = Classifier(TAXONOMY.rows)
OPENAI_SHAPED = {
    "openai", "azure_openai", "mistral", "xai", "vllm", "llamacpp", "ollama", "openrouter",
    "deepseek", "groq", "together", "*",
}  # fmt: skip

Parse = Callable[[ResponseHead, bytes], Signal]


def parser(dialect: str) -> Parse:
    module = importlib.import_module(f"understudy.dialects.{dialect}.failure")
    return cast("Parse", module.parse_failure)


def examples(providers: set[str]) -> list[Row]:
    return [row for row in TAXONOMY.rows if row.surface == "http" and row.provider in providers]


def kind_of(parse: Parse, row: Row) -> str:
    example = row.example
    body = (example.message or "").encode() or bytes(example.body)
    headers = tuple((name.encode(), value.encode()) for name, value in example.headers.items())
    assert example.status is not None
    signal = parse(ResponseHead(example.status, headers), b"" if body == b"null" else body)
    return CLASSIFIER.classify(row.provider, signal, Progress.SENT).kind


HTML_PAGE = "any.http.403_html"
"""Its pattern needs some of the page's own words; a dialect may say only that it was a page."""


@pytest.mark.parametrize("row", examples(OPENAI_SHAPED), ids=lambda row: row.id)
def test_openai_shaped_errors_select_their_rows(row):
    assert_selected(kind_of(parser("openai_chat"), row), row)


@pytest.mark.parametrize("row", examples({"anthropic", "*"}), ids=lambda row: row.id)
def test_anthropic_errors_select_their_rows(row):
    assert_selected(kind_of(parser("anthropic_messages"), row), row)


def assert_selected(kind: str, row: Row) -> None:
    if row.id == HTML_PAGE and kind == "any.http.403":
        pytest.xfail("the dialect keeps no word of an HTML page")
    assert kind == row.id
