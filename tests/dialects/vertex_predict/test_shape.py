"""What both operations of `:predict` say alike."""

import msgspec
import pytest

from understudy.chat.errors import InvalidRequest
from understudy.dialects.operation import Flawed
from understudy.dialects.vertex_predict.shape import read_instances, read_predictions

PATH = "/v1/projects/p/locations/global/publishers/google/models/m:predict"


def test_a_request_is_taken_apart() -> None:
    body = b'{"instances":[{"prompt":"a"}],"parameters":{"seed":3},"labels":{}}'
    model, (instance,), parameters, rest = read_instances(body, PATH)
    assert (model, instance.string("prompt"), parameters.integer("seed")) == ("m", "a", 3)
    assert list(rest) == ["labels"]
    for wrong, path in ((b'{"instances":[]}', PATH), (body, "/v1/other")):
        with pytest.raises(InvalidRequest):
            read_instances(wrong, path)


def test_predictions_are_objects() -> None:
    assert read_predictions({}) == []
    with pytest.raises(Flawed):
        read_predictions({"predictions": msgspec.Raw(b"[3]")})
