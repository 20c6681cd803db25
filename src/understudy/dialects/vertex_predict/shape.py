"""What both operations of `:predict` say alike."""

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.dialects.gemini_generate import DIALECT as CHAT
from understudy.dialects.operation import ErrorShape, Flawed
from understudy.dialects.paths import matched
from understudy.dialects.reading import Raws, Reader
from understudy.dialects.toplevel import read_object

NAME = "vertex_predict"
_MODELS = "publishers/google/models/{model}:predict"
PATHS = tuple(
    f"/{version}/{base}{_MODELS}"
    for version in ("v1", "v1beta1")
    for base in ("projects/{project}/locations/{location}/", "")
)
ERRORS = ErrorShape(CHAT.parse_failure, CHAT.render_failure)

_rows = msgspec.json.Decoder(list[Raws]).decode


def read_instances(body: bytes, path: str) -> tuple[str, list[Reader], Reader, Raws]:
    """The model, the instances, the parameters, and what else there is. Raises: InvalidRequest."""
    top = Reader(read_object(body))
    found = matched(path, PATHS)
    if found is None and path:
        raise InvalidRequest("model", "expected the name of a model in the path, found none")
    raws = top.items("instances")
    if not raws:
        raise InvalidRequest("instances", "expected at least one instance, found none")
    instances = [Reader.of(raw, f"instances[{number}]") for number, raw in enumerate(raws)]
    parameters = top.object("parameters") or Reader({}, "parameters")
    return ("m" if found is None else found["model"]), instances, parameters, top.rest()


def read_predictions(tree: Raws) -> list[Raws]:
    """Raises: Flawed."""
    raw = tree.pop("predictions", None)
    try:
        return [] if raw is None else _rows(raw)
    except msgspec.MsgspecError as error:
        raise Flawed("schema_violation", f"expected predictions ({error})") from None
