"""What the dialects themselves read from the taxonomy's example bodies selects the same rows."""

from collections.abc import Callable

import pytest

from understudy.chat.failure import Progress, Scope, Signal
from understudy.dialects.catalog import DIALECTS
from understudy.providers.classifier import Classifier
from understudy.providers.taxonomy import Row, load_taxonomy
from understudy.wire.http import ResponseHead

TAXONOMY = load_taxonomy()
CLASSIFIER = Classifier(TAXONOMY.rows)
OPENAI_SHAPED = {
    "openai", "azure_openai", "mistral", "xai", "vllm", "llamacpp", "ollama", "openrouter",
    "deepseek", "groq", "together", "gemini", "vertex", "bedrock", "*",
}  # fmt: skip

Parse = Callable[[ResponseHead, bytes], Signal]


def parser(dialect: str) -> Parse:
    return DIALECTS[dialect].parse_failure


def examples(providers: set[str]) -> list[Row]:
    return [row for row in TAXONOMY.rows if row.surface == "http" and row.provider in providers]


def wordless(provider: str) -> list[Row]:
    """A provider's own, and those of everybody's that no body of OpenAI's shows."""
    everybodys = [row for row in examples({"*"}) if bytes(row.example.body) == b"null"]
    return examples({provider}) + everybodys


def kind_of(parse: Parse, row: Row) -> str:
    example = row.example
    body = (example.message or "").encode() or bytes(example.body)
    headers = tuple((name.encode(), value.encode()) for name, value in example.headers.items())
    assert example.status is not None
    signal = parse(ResponseHead(example.status, headers), b"" if body == b"null" else body)
    return CLASSIFIER.classify(row.provider, signal, Progress.SENT).kind


@pytest.mark.parametrize("row", examples(OPENAI_SHAPED), ids=lambda row: row.id)
def test_openai_shaped_errors_select_their_rows(row):
    assert kind_of(parser("openai_chat"), row) == row.id


@pytest.mark.parametrize("row", wordless("anthropic"), ids=lambda row: row.id)
def test_anthropic_errors_select_their_rows(row):
    assert kind_of(parser("anthropic_messages"), row) == row.id


@pytest.mark.parametrize("row", wordless("bedrock"), ids=lambda row: row.id)
def test_bedrock_errors_select_their_rows(row):
    assert kind_of(parser("bedrock_converse"), row) == row.id


BLOCK_PAGE = b"""<!DOCTYPE html>
<!--[if lt IE 7]> <html class="no-js ie6 oldie" lang="en-US"> <![endif]-->
<head><title>Attention Required! | Cloudflare</title></head>
<body><h1>Sorry, you have been blocked</h1></body></html>"""


@pytest.mark.parametrize("page", [BLOCK_PAGE, b"<html><body>no</body></html>"])
@pytest.mark.parametrize("dialect", ["openai_chat", "openai_responses", "anthropic_messages"])
@pytest.mark.parametrize("provider", sorted(TAXONOMY.providers - {"bedrock"}))
def test_a_block_page_is_the_edges_whatever_the_provider_means_by_403(provider, dialect, page):
    signal = parser(dialect)(ResponseHead(403, ((b"content-type", b"text/html"),)), page)
    failure = CLASSIFIER.classify(provider, signal, Progress.SENT)
    assert failure.kind == "any.http.403_html"
    assert failure.charge is Scope.HOST
    own = parser(dialect)(ResponseHead(403, ()), b'{"error": {"message": "no"}}')
    assert CLASSIFIER.classify(provider, own, Progress.SENT).kind != "any.http.403_html"


def test_xml_is_no_block_page():
    body = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"
    signal = parser("openai_chat")(ResponseHead(403, ()), body)
    assert CLASSIFIER.classify("xai", signal, Progress.SENT).kind == "xai.403"
