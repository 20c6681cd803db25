"""Pictures and documents of other dialects."""

import base64

import msgspec
import pytest
from tests.dialects.bedrock_converse.talk import ENDPOINT, asking, built, paths

from understudy.chat.parts import Document, FileRef, Image, Inline, InlineText, Part, Text, Url
from understudy.chat.request import Message, Role
from understudy.dialects.bedrock_converse.papers import unpacked
from understudy.dialects.bedrock_converse.schema import PRODUCER

WHERE = "messages[0].parts[0]"
PDF = Inline("application/pdf", "JVBERi0=")
BYTES = {"bytes": "aGk="}
SIMPLE = msgspec.structs.replace(ENDPOINT, capabilities=frozenset())


def said(*parts: Part, endpoint=ENDPOINT):
    body, losses = built(asking(Message(Role.USER, (*parts, Text("end")))), endpoint)
    return body["messages"][0]["content"][:-1], paths(losses)


@pytest.mark.parametrize(
    ("part", "block", "losses"),
    [
        (Image(Inline("image/jpg", "aGk=")), {"format": "jpeg", "source": BYTES}, []),
        (Image(Url("data:image/png;base64,aGk=")), {"format": "png", "source": BYTES}, []),
        (
            Image(Inline("image/png", "aGk="), "high"),
            {"format": "png", "source": BYTES},
            [f"{WHERE}.detail"],
        ),
        (Image(Inline("image/tiff", "aGk=")), None, [WHERE]),
        (Image(Url("https://a.test/a.png")), None, [WHERE]),
        (Image(FileRef("file-1", "openai")), None, [WHERE]),
        (Image(FileRef("s3://b/a.png", "elsewhere")), None, [WHERE]),
        (
            Image(FileRef("s3://b/a.png", PRODUCER)),
            {"format": "png", "source": {"s3Location": {"uri": "s3://b/a.png"}}},
            [],
        ),
    ],
)
def test_pictures(part: Image, block: object, losses: list[str]) -> None:
    assert said(part) == ([] if block is None else [{"image": block}], losses)


def test_documents_have_names_of_their_own() -> None:
    found, losses = said(
        Document(PDF, "a_b.pdf"), Document(PDF), Document(PDF), Document(PDF, "a b")
    )
    names = [block["document"]["name"] for block in found]
    assert names == ["a b pdf", "Document", "Document 2", "a b"]
    assert losses == [f"{WHERE}.title"]


def test_plain_text_goes_as_bytes_that_every_model_reads() -> None:
    (block,), losses = said(Document(InlineText("words"), wants_citations=True, context="c"))
    document = block["document"]
    assert base64.b64decode(document["source"]["bytes"]) == b"words"
    assert (document["format"], document["context"]) == ("txt", "c")
    assert document["citations"] == {"enabled": True}
    assert losses == []


def test_a_document_that_is_a_picture_is_one() -> None:
    assert said(Document(Inline("image/png", "aGk="))) == (
        [{"image": {"format": "png", "source": BYTES}}],
        [WHERE],
    )
    assert said(Document(Inline("application/zip", "aGk="))) == ([], [WHERE])


def test_what_a_target_cannot_see_or_read_is_lost() -> None:
    image = Image(Inline("image/png", "aGk="))
    assert said(image, Document(PDF), endpoint=SIMPLE) == ([], [WHERE, "messages[0].parts[1]"])
    messages = (Message(Role.USER, (Text("a"),)), Message(Role.ASSISTANT, (image, Document(PDF))))
    assert paths(built(asking(*messages))[1]) == ["messages[1].parts[0]", "messages[1].parts[1]"]


def test_unpacking() -> None:
    assert unpacked(Inline("", "JVBERi0=")) == PDF
    assert unpacked(Url("data:text/plain,hi")) == Url("data:text/plain,hi")
    assert unpacked(InlineText("a")) == InlineText("a")
