import pytest
from tests.dialects.openai_responses.talk import ENDPOINT

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
    Refusal,
    Text,
    ToolCall,
    Url,
)
from understudy.dialects.openai_responses.build_parts import PartWriter
from understudy.dialects.openai_responses.paper import Paper
from understudy.dialects.openai_responses.schema import Raw


def written(part, *, spoken=False):
    paper = Paper(ENDPOINT)
    writer = PartWriter(paper)
    said = writer.spoken(part, "p") if spoken else writer.heard(part, "p")
    return said, [loss.token for loss in paper.losses()]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Text("a"), {"type": "input_text", "text": "a"}),
        (
            Image(Inline("image/png", "QQ=="), "low"),
            {"type": "input_image", "image_url": "data:image/png;base64,QQ==", "detail": "low"},
        ),
        (Image(Url("https://x")), {"type": "input_image", "image_url": "https://x"}),
        (Image(FileRef("f", "openai")), {"type": "input_image", "file_id": "f"}),
        (
            Document(Inline("application/pdf", "QQ==")),
            {
                "type": "input_file",
                "filename": "document",
                "file_data": "data:application/pdf;base64,QQ==",
            },
        ),
        (
            Document(Url("https://x"), "n"),
            {"type": "input_file", "filename": "n", "file_url": "https://x"},
        ),
        (
            Audio(Inline("audio/mpeg", "QQ==")),
            {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "mp3"}},
        ),
    ],
)
def test_parts_are_said(part, said):
    assert written(part) == (said, [])


@pytest.mark.parametrize(
    ("part", "lost"),
    [
        (Image(FileRef("f", "another")), ["p"]),
        (Document(FileRef("f", "another")), ["p"]),
        (Audio(id="a"), ["p"]),
        (Opaque("another", "x", Raw(b"{}")), ["p"]),
        (ToolCall("c", "f", "{}"), ["p"]),
    ],
)
def test_what_cannot_be_said_is_lost(part, lost):
    assert written(part) == (None, lost)


def test_what_is_changed_is_told():
    assert written(Document(InlineText("a"), "t")) == (
        {"type": "input_text", "text": "t\n\na"},
        ["~p"],
    )
    assert written(Refusal("no")) == ({"type": "input_text", "text": "no"}, ["~p"])
    assert written(Text("a", CacheHint()))[1] == ["p.cache"]
    document = Document(Url("u"), context="c", wants_citations=True, cache=CacheHint())
    assert written(document)[1] == ["p.wants_citations", "p.context", "p.cache"]


def test_what_the_model_said():
    cited = Text("a", citations=(Citation(url="u"), Citation("t")))
    said, lost = written(cited, spoken=True)
    assert [note["url"] for note in said["annotations"]] == ["u"]
    assert lost == ["p.citations"]
    assert written(Refusal("no"), spoken=True)[0] == {"type": "refusal", "refusal": "no"}
    assert written(Audio(transcript="hi"), spoken=True)[1] == ["~p"]
    assert written(Image(Url("u")), spoken=True) == (None, ["p"])
