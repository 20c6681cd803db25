"""Asking a stream for its usage, with every other byte kept."""

import pytest

from understudy.chat.errors import InvalidRequest
from understudy.dialects.base import Edits
from understudy.dialects.stream_options import asking_usage
from understudy.dialects.toplevel import edit


@pytest.mark.parametrize(
    ("body", "edited"),
    [
        (b'{"model":"m"}', b'{"model":"m","stream_options":{"include_usage":true}}'),
        (b'{"model":"m","stream_options":null}',
         b'{"model":"m","stream_options":{"include_usage":true}}'),
        (b'{"stream_options": {"x":1}, "model":"m"}',
         b'{"stream_options": {"x":1,"include_usage":true}, "model":"m"}'),
        (b'{"model":"m","stream_options":{"include_usage":true}}',
         b'{"model":"m","stream_options":{"include_usage":true}}'),
    ],
)  # fmt: skip
def test_it_is_asked_for_and_nothing_else_changes(body: bytes, edited: bytes) -> None:
    assert edit(body, Edits("m"), asking_usage) == edited


def test_options_that_are_none_are_refused() -> None:
    with pytest.raises(InvalidRequest) as refused:
        edit(b'{"model":"m","stream_options":1}', Edits("m"), asking_usage)
    assert refused.value.path == "stream_options"
