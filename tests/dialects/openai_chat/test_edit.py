import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dialects.openai_chat.talk import asked

from understudy.chat.errors import InvalidRequest
from understudy.dialects.base import Edits
from understudy.dialects.openai_chat.edit import edit_request

ASK = Edits("m", ask_usage=True)


def test_usage_is_asked_for():
    body = b'{"model":"m", "messages":[] }'
    expected = b'{"model":"m", "messages":[],"stream_options":{"include_usage":true} }'
    assert edit_request(body, ASK) == expected


@pytest.mark.parametrize(
    ("options", "after"),
    [
        (None, {"include_usage": True}),
        ({}, {"include_usage": True}),
        ({"include_usage": False}, {"include_usage": True}),
        ({"include_obfuscation": False}, {"include_obfuscation": False, "include_usage": True}),
    ],
)
def test_other_stream_options_stay(options, after):
    edited = json.loads(edit_request(asked(stream_options=options), ASK))
    assert edited["stream_options"] == after


def test_what_is_asked_already_keeps_its_bytes():
    body = b'{"stream_options":{ "include_usage" : true },"model":"m"}'
    assert edit_request(body, ASK) == body


def test_options_that_are_none_are_refused():
    with pytest.raises(InvalidRequest, match="stream_options: expected an object"):
        edit_request(asked(stream_options=5), ASK)


ROLE = Edits("m", renames={"developer": "system"})


def test_the_developers_role_is_renamed_in_messages_only():
    body = (
        b'{"model":"m","messages":[{"role":"developer","content":"\\"role\\":\\"developer\\""},'
        b'{"content":"developer","role" : "developer"}],"metadata":{"role":"developer"}}'
    )
    expected = (
        b'{"model":"m","messages":[{"role":"system","content":"\\"role\\":\\"developer\\""},'
        b'{"content":"developer","role" : "system"}],"metadata":{"role":"developer"}}'
    )
    assert edit_request(body, ROLE) == expected


def test_without_the_role_nothing_is_renamed():
    assert edit_request(asked(), ROLE) == asked()


@given(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text(), max_size=4),
    st.sampled_from([(",", ":"), (", ", ": ")]),
)
def test_all_edits_at_once_change_nothing_else(extra, spacing):
    value = {**extra, "model": "a", "max_tokens": 5, "stream": True}
    body = json.dumps(value, separators=spacing).encode()
    if b"\\ud" in body:
        return
    renames = {"max_tokens": "max_completion_tokens"}
    edited = edit_request(body, Edits("b", ask_usage=True, renames=renames))
    del value["max_tokens"]
    asked_for = {
        "model": "b",
        "max_completion_tokens": 5,
        "stream_options": {"include_usage": True},
    }
    assert json.loads(edited) == {**value, **asked_for}
