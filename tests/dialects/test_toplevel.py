import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.chat.errors import InvalidRequest
from understudy.dialects.base import Edits
from understudy.dialects.toplevel import TAIL, edit, locate, read_object, rename, respelled

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.text(), VALUES, max_size=6).filter(
    lambda fields: len({name.casefold() for name in fields}) == len(fields)
)
SPACING = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " :\t")])


def refused(body: bytes) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        read_object(body)
    return caught.value


@given(OBJECTS, SPACING, st.booleans())
def test_every_object_is_taken_apart_and_located(value, spacing, ascii_only):
    body = json.dumps(value, separators=spacing, ensure_ascii=ascii_only)
    try:
        data = body.encode()
    except UnicodeEncodeError:  # a lone surrogate is no JSON text
        return
    if "\\ud" in body:
        return
    raws = read_object(data)
    assert {name: json.loads(bytes(raw)) for name, raw in raws.items()} == value
    for name, span in locate(raws, data).items():
        assert json.loads(data[span.name_start : span.name_end]) == name
        assert json.loads(data[span.start : span.end]) == value[name]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":01}',
        b'{"a":"\xff"}',
        b'{"a":1}}',
        b"\xef\xbb\xbf{}",
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_what_is_not_json_is_refused(body):
    assert refused(body).path == ""


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"1", b"null"])
def test_what_is_not_an_object_is_refused(body):
    assert "object" in refused(body).reason


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1, "b": "x", "a": 1}',
        b'{"\\u0061":1,"a":2}',
        b'{"a":{"b":1},"c":2,"a":{"b":1}}',
        b'{"a":12,"b":1,"a":1}',
        b'{"b":[1,\n\n\n2] , "a":11 ,"a":1}',
    ],
)
def test_a_field_said_twice_is_refused(body):
    assert "more than once" in refused(body).reason


@given(OBJECTS, SPACING, VALUES)
def test_no_spacing_hides_a_doubled_field(value, spacing, other):
    value["model"] = "m"
    body = json.dumps(value, separators=spacing)
    doubled = body[:-1] + spacing[0] + '"model"' + spacing[1] + json.dumps(other) + "}"
    with pytest.raises(InvalidRequest):
        read_object(doubled.encode())


@given(OBJECTS, SPACING, st.text(st.characters(codec="utf-8")))
def test_only_the_model_changes(value, spacing, model):
    value["model"] = "old"
    body = json.dumps(value, separators=spacing).encode()
    if b"\\ud" in body:
        return
    edited = edit(body, Edits(model))
    assert json.loads(edited) == {**value, "model": model}
    at = next(
        i
        for i, (a, b) in enumerate(zip(body, edited + b"\0", strict=False))
        if a != b or i == len(body) - 1
    )
    assert body[:at] == edited[:at]
    assert edit(edited, Edits("old")) == body


@pytest.mark.parametrize(
    "body",
    [
        b'{"messages":[{"content":"\\"model\\": \\"old\\""}],"model":"old"}',
        b'{"messages":["model"],"model" : "old"}',
        b'{"tools":[{"model":"old"}],"mo\\u0064el":"old"}',
        b'{"tools":[{"model":"old"}],"model":"old"}',
        b'{"model":"old","pad":"' + b"x" * TAIL + b'"}',
    ],
)
def test_the_right_model_is_found(body):
    assert json.loads(edit(body, Edits("new"))) == {**json.loads(body), "model": "new"}


def test_the_same_model_keeps_every_byte():
    body = b' {"model" : "m" ,"x":[ 1 ]}\n'
    assert edit(body, Edits("m")) == body


def test_fields_are_renamed_where_they_stand():
    body = b'{"max_tokens": 5, "model":"m", "deep":{"max_tokens":1}}'
    renames = {"max_tokens": "max_completion_tokens"}
    assert edit(body, Edits("m", renames=renames)) == (
        b'{"max_completion_tokens": 5, "model":"m", "deep":{"max_tokens":1}}'
    )


def test_a_rename_never_doubles_a_field():
    body = b'{"a":1,"b":2,"model":"m"}'
    assert edit(body, Edits("m", renames={"a": "b"})) == body


def test_a_request_without_a_model_is_refused():
    with pytest.raises(InvalidRequest):
        edit(b'{"messages":[]}', Edits("m"))


@pytest.mark.parametrize("name", [b"k" * 300, rb"\u006b" * 300, rb"\n" * 2_000_000])
def test_a_long_name_is_refused_before_it_costs_anything(name):
    with pytest.raises(InvalidRequest, match="longer than"):
        read_object(b'{"model":"m","%b":1}' % name)


def test_too_many_fields_are_refused():
    many = b",".join(b'"k%d":1' % number for number in range(1001))
    with pytest.raises(InvalidRequest, match="more than 1000 fields"):
        read_object(b"{%b}" % many)


def test_a_field_that_is_written_gets_its_hosts_name_unless_that_is_taken():
    body: dict[str, object] = {"a": 1, "b": 2, "c": 3}
    rename(body, {"a": "x", "b": "c", "missing": "y"})
    assert body == {"x": 1, "b": 2, "c": 3}


def test_fields_are_spelled_otherwise_where_the_model_is_in_the_path():
    body = b'{ "messages": [],  "serviceTier":{"type":"flex"}}'
    assert respelled(body, {}) == body
    assert respelled(body, {"top_k": "inferenceConfig.topK"}) == body
    assert respelled(body, {"serviceTier": "tier"}) == body.replace(b"serviceTier", b"tier")
    assert respelled(body, {"serviceTier": "messages"}) == body


@pytest.mark.parametrize(
    "other", ["Model", "MODEL", "mod\\u0045l", "\\u004dodel"], ids=["M", "all", "an E", "an M"]
)
def test_a_field_in_other_letters_is_the_same_field(other: str) -> None:
    """Go's encoding/json takes the last of them for the model (documentation of Unmarshal)."""
    body = b'{"model":"mine","messages":[],"%b":"another"}' % other.encode()
    assert refused(body).reason == "the field is given more than once, in other letters"


def test_long_and_small_letters_of_other_alphabets_are_the_same_too() -> None:
    """Go folds U+017F to s and U+212A to k."""
    for name in ("\u017ftream", "to\u212aen"):
        usual = name.casefold()
        with pytest.raises(InvalidRequest, match="in other letters"):
            read_object(f'{{"{usual}":1,"{name}":2}}'.encode())


@pytest.mark.parametrize(
    "text", [b"\\ud800", b"a\\uDBFFb", b"\\udc00\\ud800", b"\\ude00", b"\\\\\\ud800"]
)
def test_half_a_character_is_called_so(text: bytes) -> None:
    assert refused(b'{"a":"%b"}' % text).reason.endswith("half of a surrogate pair")


@pytest.mark.parametrize("text", [b"\\ud83d\\ude00", b"\\\\ud800", b"\\\\\\ud83d\\ude00"])
def test_whole_characters_are_not(text: bytes) -> None:
    assert read_object(b'{"a":"%b"}' % text)
    assert "surrogate" not in refused(b'{"a":"%b",}' % text).reason
