"""Edits: renames and nothing else, since the model is in the path."""

from understudy.dialects.base import Edits
from understudy.dialects.bedrock_converse.edit import edit_request

BODY = b'{ "messages": [],  "serviceTier":{"type":"flex"}}'


def test_bytes_stay() -> None:
    assert edit_request(BODY, Edits("another")) == BODY
    assert edit_request(BODY, Edits("another", renames={"top_k": "inferenceConfig.topK"})) == BODY


def test_a_field_gets_its_other_name_and_none_is_written_over() -> None:
    renamed = edit_request(BODY, Edits("m", renames={"serviceTier": "tier"}))
    assert renamed == BODY.replace(b"serviceTier", b"tier")
    assert edit_request(BODY, Edits("m", renames={"serviceTier": "messages"})) == BODY
