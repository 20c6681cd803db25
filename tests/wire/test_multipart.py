import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.wire.multipart import (
    FormError,
    Part,
    boundary_of,
    content_type,
    is_form,
    read_form,
    write_form,
)

FORM = (
    b'--X\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n'
    b'--X\r\nContent-Disposition: form-data; name="file"; filename="a \\"b\\".wav"\r\n'
    b"Content-Type: audio/wav\r\n\r\n\x00\r\n--\xff\r\n--X--\r\n"
)

NAMED = b"--X\r\nContent-Disposition: form-data; %b\r\n\r\na\r\n--X--\r\n"


def test_a_form_is_read():
    model, file = read_form(FORM)
    assert (model.name, model.text, model.filename) == ("model", "whisper-1", None)
    assert (file.name, file.data, file.filename) == ("file", b"\x00\r\n--\xff", 'a "b".wav')
    assert file.media == "audio/wav"
    assert FORM[model.start : model.end] == b"whisper-1"
    assert is_form(FORM)
    assert not is_form(b"{}")
    assert content_type(boundary_of(FORM)) == b"multipart/form-data; boundary=X"


texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\%'), max_size=9
)


zero = st.just(0)


@given(
    st.lists(
        st.builds(
            Part, texts, st.binary(max_size=40), st.none() | texts, st.just("a/b"), zero, zero
        ),
        max_size=5,
    )
)
def test_what_is_written_is_read(parts: list[Part]):
    body, kind = write_form(parts)
    assert kind == content_type(boundary_of(body)) if parts else True
    if parts:
        assert [part._replace(start=0, end=0) for part in read_form(body)] == parts


@given(st.integers(0, len(FORM) - 5))
def test_half_a_form_is_refused(end: int):
    with pytest.raises(FormError):
        read_form(FORM[:end])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--\r\n",
        b"--X\r\nno field\r\n\r\na\r\n--X--",
        b"--X\r\nContent-Disposition: form-data\r\n\r\na\r\n--X--",
        b'--X\r\nContent-Disposition: form-data; name="a"; name="b"\r\n\r\na\r\n--X--',
        b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\na\r\n--Xs--',
        b'--X\r\nContent-Disposition: form-data; name="a"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\na\r\n--X--",
        b"--X" + b'\r\nContent-Disposition: form-data; name="a"\r\n\r\na\r\n--X' * 200 + b"--",
        NAMED % b'name="a"; NAME="model"',
        NAMED % b"name=\"a\"; name*=UTF-8''model",
        NAMED % b'name="a"\r\nContent-Disposition: form-data; name="model"',
        NAMED % b'name="a"\nContent-Disposition: form-data; name="model"',
        NAMED % b'name="a"\rX: y',
        b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\na\n--X\r\n'
        b'Content-Disposition: form-data; name="model"\n\nmine\r\n--X--',
        b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\na\r\n--X--\r\n'
        b'--X\r\nContent-Disposition: form-data; name="model"\r\n\r\nmine\r\n--X--',
    ],
)
def test_what_is_no_form_is_refused(body: bytes):
    with pytest.raises(FormError):
        read_form(body)


def test_text_that_is_none():
    (part,) = read_form(b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--X--')
    with pytest.raises(FormError):
        assert part.text


def test_a_type_with_lines_in_it_adds_none_to_a_head():
    body, _ = write_form([Part("a", b"b", None, 'c/d\r\n\r\n--X\r\nname="model"')])
    assert body.count(b"\r\n\r\n") == 1
    assert len(read_form(body)) == 1
