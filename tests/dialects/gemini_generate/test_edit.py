"""A request that stays keeps its bytes."""

import json

from tests.dialects.gemini_generate.talk import asked

from understudy.dialects.base import Edits
from understudy.dialects.gemini_generate.edit import edit_request


def test_the_model_is_in_the_path_and_the_body_stays() -> None:
    body = asked(safetySettings=[])
    assert edit_request(body, Edits("other")) == body
    words = asked(labels={"model": "x"})
    assert edit_request(words, Edits("other")) == words


def test_a_model_in_the_body_is_put_right() -> None:
    body = asked(model="models/gemini-2.0-flash")
    assert edit_request(body, Edits("gemini-2.0-flash")) == body
    edited = edit_request(body, Edits("other"))
    assert json.loads(edited) == {**json.loads(body), "model": "models/other"}
    assert len(edited) == len(body) - len("gemini-2.0-flash") + len("other")


def test_fields_are_renamed() -> None:
    edited = edit_request(asked(labels={}), Edits("m", renames={"labels": "tags"}))
    assert json.loads(edited) == json.loads(asked(tags={}))
