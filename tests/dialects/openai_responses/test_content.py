import pytest
from tests.dialects.openai_responses.talk import dump

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import (
    Audio,
    Document,
    FileRef,
    Image,
    Inline,
    Opaque,
    Refusal,
    Text,
    Url,
)
from understudy.dialects.openai_responses.content import parse_content, source_of
from understudy.dialects.openai_responses.schema import Raw
from understudy.dialects.reading import Reader


def read(content):
    return parse_content(Reader.of(Raw(dump({"content": content})), "input[0]"), "content")


def test_a_string_is_a_text():
    assert read("hi") == [(Text("hi"), {})]
    assert read(None) == []


@pytest.mark.parametrize(
    ("part", "made"),
    [
        ({"type": "input_text", "text": "a"}, Text("a")),
        ({"type": "output_text", "text": "a", "annotations": [], "logprobs": []}, Text("a")),
        ({"type": "refusal", "refusal": "no"}, Refusal("no")),
        (
            {"type": "input_image", "image_url": "https://x/y", "detail": "low"},
            Image(Url("https://x/y"), "low"),
        ),
        ({"type": "input_image", "file_id": "f"}, Image(FileRef("f", "openai"))),
        (
            {"type": "input_file", "file_data": "data:a/b;base64,QQ==", "filename": "n"},
            Document(Inline("a/b", "QQ=="), "n"),
        ),
        ({"type": "input_file", "file_data": "QQ=="}, Document(Inline("", "QQ=="))),
        ({"type": "input_file", "file_url": "https://x"}, Document(Url("https://x"))),
        ({"type": "input_file", "file_id": "f"}, Document(FileRef("f", "openai"))),
        (
            {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "wav"}},
            Audio(Inline("audio/wav", "QQ==")),
        ),
    ],
)
def test_parts_are_read(part, made):
    assert read([part]) == [(made, {})]


def test_what_nobody_knows_is_kept():
    ((part, rest),) = read([{"type": "input_text", "text": "a", "x": 1}])
    assert part == Text("a")
    assert bytes(rest["x"]) == b"1"
    ((other, _),) = read([{"type": "new_part", "y": 1}])
    assert isinstance(other, Opaque)
    assert other.kind == "new_part"


@pytest.mark.parametrize(
    ("said", "made", "kept"),
    [
        (
            {"type": "input_image", "image_url": "https://x", "file_id": "f"},
            Image(Url("https://x")),
            {"file_id": b'"f"'},
        ),
        (
            {"type": "input_file", "file_data": "QQ==", "file_id": "f", "file_url": "https://x"},
            Document(Inline("", "QQ==")),
            {"file_id": b'"f"', "file_url": b'"https://x"'},
        ),
        (
            {"type": "input_file", "file_id": "f", "file_url": "https://x"},
            Document(Url("https://x")),
            {"file_id": b'"f"'},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "Q", "format": "wav", "id": "f"}},
            Audio(Inline("audio/wav", "Q")),
            {"input_audio.id": b'"f"'},
        ),
        (
            {"type": "output_text", "text": "a", "logprobs": [{"token": "a"}]},
            Text("a"),
            {"logprobs": b'[{"token":"a"}]'},
        ),
    ],
)
def test_what_is_said_beside_it_is_kept(said, made, kept):
    ((part, rest),) = read([said])
    assert part == made
    assert {name: bytes(raw) for name, raw in rest.items()} == kept


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (5, "input[0].content"),
        ([5], "input[0].content[0]"),
        ([{"text": "a"}], "input[0].content[0].type"),
        ([{"type": "input_image"}], "input[0].content[0]"),
        ([{"type": "input_file"}], "input[0].content[0]"),
        ([{"type": "output_text", "text": "a", "annotations": [5]}], "annotations"),
    ],
)
def test_a_mistake_has_its_path(content, path):
    with pytest.raises(InvalidRequest) as caught:
        read(content)
    assert caught.value.path.endswith(path)


def test_a_data_url_holds_its_bytes():
    assert source_of("data:image/png;base64,QQ==") == Inline("image/png", "QQ==")
    assert source_of("data:text/plain,hello") == Url("data:text/plain,hello")
