import msgspec
import pytest
from tests.dialects.openai_chat.talk import endpoint

from understudy.chat.endpoint import Endpoint
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
    Reasoning,
    Refusal,
    Text,
    Url,
)
from understudy.dialects.openai_chat.build_parts import PartWriter
from understudy.dialects.openai_chat.paper import Paper

RAW = msgspec.Raw(b'{"type":"odd"}')
URL_HOST = endpoint(accepts=frozenset({"documents.url"}))
NOBODY = endpoint(capabilities=frozenset())
PDF = "data:application/pdf;base64,AA=="


def write(part, target: Endpoint | None = None) -> tuple[object, set[str]]:
    paper = Paper(target or endpoint())
    written = PartWriter(paper).write(part, "at")
    if written is not None:
        written = msgspec.json.decode(msgspec.json.encode(written))
    return written, {loss.token for loss in paper.losses()}


@pytest.mark.parametrize(
    ("part", "written"),
    [
        (Text("x"), {"type": "text", "text": "x"}),
        (Refusal("no"), {"type": "refusal", "refusal": "no"}),
        (
            Image(Inline("image/png", "AA=="), "low"),
            {
                "type": "image_url",
                "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"},
            },
        ),
        (
            Document(Inline("application/pdf", "AA=="), "a.pdf"),
            {"type": "file", "file": {"filename": "a.pdf", "file_data": PDF}},
        ),
        (
            Document(Inline("application/pdf", "AA==")),
            {"type": "file", "file": {"filename": "document", "file_data": PDF}},
        ),
        (Document(Inline("", "AA==")), {"type": "file", "file": {"file_data": "AA=="}}),
        (Document(FileRef("f", "lab")), {"type": "file", "file": {"file_id": "f"}}),
        (
            Audio(Inline("audio/mpeg", "AA==")),
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}},
        ),
        (
            Audio(Inline("audio/flac", "AA==")),
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "flac"}},
        ),
        (Opaque("openai_chat", "odd", RAW), {"type": "odd"}),
    ],
)
def test_parts_are_said(part, written):
    assert write(part) == (written, set())


@pytest.mark.parametrize(
    ("source", "url"),
    [(Url("u"), "u"), (Inline("", "AA=="), PDF), (Inline("application/pdf", "AA=="), PDF)],
)
def test_documents_go_by_url_where_the_host_reads_them_so(source, url):
    written = {"type": "document_url", "document_url": url, "document_name": "a"}
    assert write(Document(source, "a"), URL_HOST) == (written, set())


def test_a_document_of_text_is_said_as_text():
    document = Document(InlineText("body"), "title", "context", wants_citations=True)
    assert write(document, NOBODY) == (
        {"type": "text", "text": "title\n\nbody"},
        {"~at", "at.context", "at.wants_citations"},
    )
    assert write(Document(InlineText("body")))[0] == {"type": "text", "text": "body"}


@pytest.mark.parametrize(
    ("part", "target"),
    [
        (Image(Url("u")), NOBODY),
        (Image(FileRef("f", "lab")), None),
        (Document(Url("u")), None),
        (Document(FileRef("f", "other")), None),
        (Document(FileRef("f", "other")), URL_HOST),
        (Document(Inline("application/pdf", "AA==")), NOBODY),
        (Audio(Inline("audio/wav", "AA==")), NOBODY),
        (Audio(Url("u")), None),
        (Opaque("other", "k", RAW), None),
        (Reasoning("hm"), None),
    ],
)
def test_what_cannot_be_said_is_lost(part, target):
    assert write(part, target) == (None, {"at"})


def test_small_things_are_lost_alone():
    assert write(Text("x", CacheHint(), (Citation(url="u"),))) == (
        {"type": "text", "text": "x"},
        {"at.cache", "at.citations"},
    )
