"""The list of models, as OpenAI's clients read it."""

import json

from openai.types import Model

from understudy.dialects.openai_models import render_model, render_models


def test_models_are_listed() -> None:
    listed = json.loads(render_models(["a", "b"]))
    assert listed["object"] == "list"
    assert [Model.model_validate(each).id for each in listed["data"]] == ["a", "b"]
    assert json.loads(render_model("b")) == listed["data"][1]
