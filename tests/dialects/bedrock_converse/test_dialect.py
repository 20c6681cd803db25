"""The dialect as a whole."""

import json

from tests.dialects.bedrock_converse.talk import ENDPOINT, OK

from understudy.dialects.bedrock_converse import DIALECT
from understudy.dialects.paths import Paths


def test_paths_and_names() -> None:
    assert DIALECT.name == "bedrock_converse"
    paths = Paths({DIALECT.name: DIALECT})
    for path in (b"/model/a%2Fb/converse", b"/model/a:0/converse-stream", b"/model/a/b/converse"):
        assert paths.find(path) is DIALECT
    assert paths.find(b"/model/a/invoke") is None
    assert DIALECT.path(ENDPOINT, stream=True) == "/model/m/converse-stream"
    assert DIALECT.forwarded_headers() == frozenset()


def test_models_are_listed_as_the_provider_lists_them() -> None:
    listed = json.loads(DIALECT.render_models(["chat"]))
    assert listed["modelSummaries"][0]["modelId"] == "chat"
    assert json.loads(DIALECT.render_model("chat"))["modelDetails"]["modelId"] == "chat"


def test_nothing_is_skimmed() -> None:
    assert DIALECT.skim(OK, b"{}") is None
