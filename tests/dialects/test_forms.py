import msgspec
import pytest

from understudy.chat.errors import InvalidRequest
from understudy.dialects.forms import Fields, edit_form, read_parts, restored, texts
from understudy.wire.multipart import Part, write_form

FORM, _ = write_form([Part("model", b"m"), Part("n", b"2"), Part("file", b"\xff\x00", "a.wav")])


def test_fields_are_taken_one_by_one_and_the_rest_is_left():
    fields = Fields(FORM)
    assert fields.text("model") == "m"
    assert fields.number("n") == 2.0
    assert fields.text("absent") is None
    assert list(fields.rest()) == ["file"]
    assert [part.data for part in fields.files("file")] == [b"\xff\x00"]
    assert not fields.rest()


@pytest.mark.parametrize(
    ("body", "ask"),
    [
        (b"{}", lambda fields: fields),
        (FORM, lambda fields: fields.text("file")),
        (FORM, lambda fields: fields.number("model")),
        (write_form([Part("n", b"inf")])[0], lambda fields: fields.number("n")),
        (write_form([Part("n", b"nan")])[0], lambda fields: fields.number("n")),
        (FORM, lambda fields: fields.need_text("absent")),
        (write_form([Part("a", b"1"), Part("a", b"2")])[0], lambda fields: fields.text("a")),
        (write_form([Part("a", b"\xff")])[0], lambda fields: fields.text("a")),
    ],
)
def test_a_mistake_is_the_callers(body: bytes, ask):
    with pytest.raises(InvalidRequest):
        ask(Fields(body))


def test_a_field_is_put_in_and_every_other_byte_stays():
    edited = edit_form(FORM, {"model": "another"})
    assert edited == FORM.replace(b"\r\n\r\nm\r\n", b"\r\n\r\nanother\r\n")
    added = edit_form(FORM, {"added": "x"})
    assert added.endswith(FORM)
    assert [part.name for part in read_parts(added)] == ["added", "model", "n", "file"]


def test_values_are_written_as_forms_have_them():
    said = texts({"a": 1, "b": 0.7, "c": True, "d": None, "e": "x"})
    assert [(part.name, part.data) for part in said] == [
        ("a", b"1"),
        ("b", b"0.7"),
        ("c", b"true"),
        ("e", b"x"),
    ]


def test_what_nobody_knows_is_kept_files_too():
    parts = [
        Part("a", b"1"),
        Part("a", b"2"),
        Part("b", b"\xff", "b.bin", "x/y"),
        Part("c", b"\xfe"),
        Part("d", b"text in a file", "d.txt"),
    ]
    again = restored(Fields(write_form(parts)[0]).rest())
    assert again == parts
    assert restored({"n": msgspec.Raw(b"1.5"), "o": msgspec.Raw(b'{"a":1}')}) == [
        Part("n", b"1.5"),
        Part("o", b'{"a":1}'),
    ]
