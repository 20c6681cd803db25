"""Whole requests of other dialects."""

import msgspec
from tests.dialects.bedrock_converse.talk import ENDPOINT, asking, built, parsed, paths

from understudy.chat.parts import CacheHint
from understudy.dialects.bedrock_converse import DIALECT
from understudy.dialects.bedrock_converse.schema import NAME, Raw


def test_it_goes_to_the_models_path() -> None:
    endpoint = msgspec.structs.replace(ENDPOINT, model="a:0", headers=((b"x-a", b"b"),))
    for stream, path in ((True, "/model/a%3A0/converse-stream"), (False, "/model/a%3A0/converse")):
        written, losses = DIALECT.build_request(asking(stream=stream), endpoint)
        assert (written.method, written.path, losses) == ("POST", path, ())
        assert written.headers == ((b"content-type", b"application/json"), (b"x-a", b"b"))
        assert written.body == b'{"messages":[{"role":"user","content":[{"text":"hello"}]}]}'


def test_what_has_no_place_is_lost() -> None:
    request = asking(user="u", cache=CacheHint(), modalities=("text", "audio"))
    assert paths(built(request)[1]) == ["user", "cache", "modalities"]
    foreign = asking(extensions={"other": {"x": Raw(b"1")}})
    assert paths(built(foreign)[1]) == ["extensions.other.x"]


def test_notes_of_the_caller_go_along_where_they_fit() -> None:
    assert built(asking(metadata={"a": "b"}))[0]["requestMetadata"] == {"a": "b"}
    for metadata in ({str(n): "a" for n in range(17)}, {"a": "b" * 257}):
        assert paths(built(asking(metadata=metadata))[1]) == ["metadata"]


def test_fields_that_the_model_refuses_stay_out() -> None:
    refuses = msgspec.structs.replace(
        ENDPOINT, rejects=frozenset({f"extensions.{NAME}.serviceTier"})
    )
    body, losses = built(parsed(serviceTier={"type": "flex"}), refuses)
    assert "serviceTier" not in body
    assert paths(losses) == [f"extensions.{NAME}.serviceTier"]


def test_objects_of_one_name_are_joined() -> None:
    more = {"inferenceConfig": {"topK": 3, "x": 1}, "y": 2}
    nova = msgspec.structs.replace(ENDPOINT, renames={"top_k": "inferenceConfig.topK"})
    assert (
        built(parsed(additionalModelRequestFields=more), nova)[0]["additionalModelRequestFields"]
        == more
    )
