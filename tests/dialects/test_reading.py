import msgspec
import pytest

from understudy.chat.errors import InvalidRequest
from understudy.chat.parts import CacheHint
from understudy.dialects.reading import ProtoReader, Reader, found, is_list, is_string, text_of


def reader(text: str, path: str = "at") -> Reader:
    return Reader.of(msgspec.Raw(text.encode()), path)


def refused(text: str, method: str) -> str:
    with pytest.raises(InvalidRequest) as caught:
        getattr(reader(text), method)("x")
    assert caught.value.path == "at.x"
    return caught.value.reason


def test_each_kind_is_taken():
    one = reader('{"s":"a","i":1,"n":1.5,"b":true,"o":{"k":1},"l":[1,"2"],"m":{"a":"b"}}')
    assert (one.string("s"), one.integer("i"), one.number("n"), one.boolean("b")) == (
        "a",
        1,
        1.5,
        True,
    )
    inner = one.object("o")
    assert inner is not None
    assert inner.path == "at.o"
    assert [bytes(item) for item in one.items("l")] == [b"1", b'"2"']
    assert one.strings("m") == {"a": "b"}
    assert one.rest() == {}


@pytest.mark.parametrize(
    "method", ["string", "integer", "number", "boolean", "object", "strings", "take"]
)
def test_null_and_nothing_are_absent(method):
    assert getattr(reader('{"x":null}'), method)("x") is None
    assert getattr(reader("{}"), method)("x") is None


@pytest.mark.parametrize(
    ("text", "method", "reason"),
    [
        ('{"x":1}', "string", "expected a string, found a number"),
        ('{"x":"1"}', "integer", "expected an integer, found a string"),
        ('{"x":1.5}', "integer", "expected an integer, found a number"),
        ('{"x":[]}', "number", "expected a number, found an array"),
        ('{"x":0}', "boolean", "expected true or false, found a number"),
        ('{"x":"{}"}', "object", "expected an object, found a string"),
        ('{"x":{}}', "items", "expected an array, found an object"),
        ('{"x":{"a":1}}', "strings", "expected an object of strings, found an object"),
        ("{}", "need_string", "expected a string, found nothing"),
        ("{}", "need_object", "expected an object, found nothing"),
    ],
)
def test_what_is_wrong_is_said(text, method, reason):
    assert refused(text, method) == reason


def test_what_is_no_object_is_refused():
    with pytest.raises(InvalidRequest) as caught:
        reader("[]")
    assert str(caught.value) == "at: expected an object, found an array"


def test_the_rest_is_what_nobody_took():
    one = reader('{"a":1,"b":null,"c":3}')
    one.take("a")
    one.put("d", msgspec.Raw(b"4"))
    assert {name: bytes(raw) for name, raw in one.rest().items()} == {"c": b"3", "d": b"4"}


def test_looking_takes_nothing():
    one = reader('{"a":1,"b":null}')
    assert one.has("a")
    assert not one.has("b")
    assert not one.has("c")
    assert one.peek("a") is not None
    assert one.integer("a") == 1


def test_cache_markers_are_read():
    assert reader('{"cache_control":{"type":"ephemeral","ttl":"1h"}}').cache() == CacheHint("1h")
    assert reader("{}").cache() is None


def test_kinds_are_told_apart():
    kinds = {b'"a"': "a string", b"{}": "an object", b"[]": "an array", b"true": "a boolean"}
    for raw, name in {**kinds, b"null": "null", b"-1": "a number"}.items():
        assert found(msgspec.Raw(raw)) == name
    assert is_string(msgspec.Raw(b'"a"'))
    assert is_list(msgspec.Raw(b"[1]"))
    assert text_of(msgspec.Raw(b'"a\\n"')) == "a\n"


def test_a_number_beyond_all_numbers_is_called_so() -> None:
    assert found(msgspec.Raw(b"1e999")) == "a number too large"
    assert found(msgspec.Raw(b"-1.5e3")) == "a number"


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ('{"x":[1,2]}', [b"1", b"2"]),
        ('{"x":{"a":1}}', [b'{"a":1}']),
        ('{"x":null}', []),
        ("{}", []),
    ],
)
def test_a_lone_object_may_stand_for_an_array_of_one(text: str, items: list[bytes]):
    one = ProtoReader.of(msgspec.Raw(text.encode()), "at")
    assert [bytes(raw) for raw in one.items("x")] == items
    assert not one.rest()


def test_what_is_inside_is_read_alike():
    inside = ProtoReader.of(msgspec.Raw(b'{"x":{"y":{}}}'), "at").need_object("x")
    assert [bytes(raw) for raw in inside.items("y")] == [b"{}"]


def test_numbers_may_stand_in_quotes():
    one = ProtoReader.of(msgspec.Raw(b'{"i":"12","n":"-1.5e1","j":3,"z":null}'), "at")
    assert (one.integer("i"), one.number("n"), one.integer("j")) == (12, -15.0, 3)
    assert one.integer("z") is None


@pytest.mark.parametrize("said", ['"hot"', '""', '"null"', '"[1]"', "true", '"1.5"'])
def test_other_words_are_no_numbers(said: str):
    with pytest.raises(InvalidRequest) as caught:
        ProtoReader.of(msgspec.Raw(b'{"i":%b}' % said.encode()), "at").integer("i")
    assert caught.value.path == "at.i"
