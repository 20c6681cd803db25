import pytest
from tests.dialects.openai_chat.talk import message

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import (
    Audio,
    CacheHint,
    Document,
    FileRef,
    Image,
    Inline,
    Opaque,
    Reasoning,
    Refusal,
    Text,
    Url,
)
from understudy.dialects.openai_chat.content import source_of

PDF = "data:application/pdf;base64,AA=="


def parts(*items: dict, role: str = "user") -> tuple:
    return message(role=role, content=list(items)).parts


@pytest.mark.parametrize(
    ("sent", "part"),
    [
        ({"type": "text", "text": "x"}, Text("x")),
        ({"type": "text", "text": "x", "cache_control": {"ttl": "5m"}}, Text("x", CacheHint("5m"))),
        (
            {"type": "image_url", "image_url": {"url": "https://u", "detail": "low"}},
            Image(Url("https://u"), "low"),
        ),
        (
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
            Image(Inline("image/png", "AA==")),
        ),
        ({"type": "image_url", "image_url": "https://u"}, Image(Url("https://u"))),
        (
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "mp3"}},
            Audio(Inline("audio/mpeg", "AA==")),
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "flac"}},
            Audio(Inline("audio/flac", "AA==")),
        ),
        (
            {"type": "input_audio", "input_audio": "data:audio/wav;base64,AA=="},
            Audio(Inline("audio/wav", "AA==")),
        ),
        (
            {
                "type": "file",
                "file": {"file_data": "data:application/pdf;base64,AA==", "filename": "a"},
            },
            Document(Inline("application/pdf", "AA=="), "a"),
        ),
        ({"type": "file", "file": {"file_data": "AA=="}}, Document(Inline("", "AA=="))),
        ({"type": "file", "file": {"file_data": "https://u"}}, Document(Url("https://u"))),
        ({"type": "file", "file": {"file_id": "f"}}, Document(FileRef("f", ""))),
        (
            {"type": "document_url", "document_url": "https://u", "document_name": "a"},
            Document(Url("https://u"), "a"),
        ),
    ],
)
def test_what_a_user_shows_is_read(sent, part):
    assert parts(sent) == (part,)


@pytest.mark.parametrize(
    ("sent", "part"),
    [
        ({"type": "refusal", "refusal": "no"}, Refusal("no")),
        ({"type": "thinking", "thinking": "hm"}, Reasoning("hm", field="content.thinking")),
        (
            {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}], "signature": "s"},
            Reasoning("hm", "s", field="content.thinking"),
        ),
    ],
)
def test_what_an_assistant_said_is_read(sent, part):
    assert parts(sent, role="assistant") == (part,)


def test_what_nobody_knows_is_kept_whole():
    (part,) = parts({"type": "video_url", "video_url": {"url": "u"}})
    assert isinstance(part, Opaque)
    assert (part.dialect, part.kind) == ("openai_chat", "video_url")
    assert bytes(part.raw) == b'{"type":"video_url","video_url":{"url":"u"}}'


def test_unknown_fields_are_kept_with_the_message():
    made = message(
        role="user",
        content=[
            {"type": "text", "text": "x", "odd": 1},
            {"type": "image_url", "image_url": {"url": "u", "format": "png"}},
        ],
    )
    assert made.extensions["openai_chat"].keys() == {
        "content[0].odd",
        "content[1].image_url.format",
    }


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ({"type": "file", "file_id": "f"}, "file"),
        ({"type": "input_audio", "input_audio": "AA=="}, "input_audio"),
        ({"type": "input_audio", "input_audio": "https://u"}, "input_audio"),
    ],
)
def test_what_mistral_alone_can_read_is_kept_whole(sent, kind):
    (part,) = parts(sent)
    assert isinstance(part, Opaque)
    assert part.kind == kind


@pytest.mark.parametrize(
    ("sent", "part", "kept"),
    [
        (
            {"type": "file", "file": {"file_data": PDF, "file_id": "f"}},
            Document(Inline("application/pdf", "AA==")),
            {"content[0].file.file_id": b'"f"'},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "A", "format": "wav", "id": "f"}},
            Audio(Inline("audio/wav", "A")),
            {"content[0].input_audio.id": b'"f"'},
        ),
        (
            {"type": "thinking", "thinking": [{"type": "reference", "reference_ids": [1]}]},
            Reasoning(field="content.thinking"),
            {"content[0].thinking": b'[{"type":"reference","reference_ids":[1]}]'},
        ),
    ],
)
def test_what_is_said_twice_is_taken_once_and_the_other_kept(sent, part, kept):
    made = message(role="assistant", content=[sent])
    assert made.parts == (part,)
    assert {name: bytes(raw) for name, raw in made.extensions["openai_chat"].items()} == kept


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ({}, "type"),
        ({"type": "text"}, "text"),
        ({"type": "text", "text": 5}, "text"),
        ({"type": "image_url"}, "image_url"),
        ({"type": "image_url", "image_url": {}}, "image_url.url"),
        ({"type": "input_audio", "input_audio": {"data": "x"}}, "input_audio.format"),
        ({"type": "input_audio"}, "input_audio"),
        ({"type": "file", "file": {}}, "file"),
        ({"type": "document_url"}, "document_url"),
        ({"type": "thinking", "thinking": [5]}, "thinking[0]"),
    ],
)
def test_what_is_wrong_is_refused_with_its_path(sent, path):
    with pytest.raises(InvalidRequest) as caught:
        parts({"type": "text", "text": "x"}, sent)
    assert caught.value.path == f"messages[1].content[1].{path}"


@pytest.mark.parametrize("url", ["data:text/plain,hi", "data:image/png;base64", "https://u", ""])
def test_what_is_no_base64_stays_a_url(url):
    assert source_of(url) == Url(url)
