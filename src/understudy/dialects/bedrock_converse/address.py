"""Where requests go: the path says the model, and whether its answer shall stream.

Source: the service model of botocore (bedrock-runtime, 2023-09-30).
"""

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.dialects.aws import quote
from understudy.dialects.paths import matched

WHOLE = "/converse"
_STREAM = "/converse-stream"
PATHS = ("/model/{model}/converse", "/model/{model}/converse-stream")

_PLACE = "{model}"


def read_path(path: str) -> tuple[str, bool]:
    """The model, and whether to stream; nobody names one where there is no path.

    Raises: InvalidRequest for a path that names no model.
    """
    plain = path.partition("?")[0]
    found = matched(plain, PATHS)
    if found is None and "/model/" in plain:  # behind a base address of its own
        found = matched("/model/" + plain.partition("/model/")[2], PATHS)
    if found is None and path:
        raise InvalidRequest("modelId", "expected the name of a model in the path, found none")
    return ("" if found is None else found["model"]), plain.endswith(_STREAM)


def write_path(endpoint: Endpoint, *, stream: bool) -> str:
    """Fill the model into an endpoint's path."""
    path, mark, query = endpoint.path.partition("?")
    for operation in (_STREAM, WHOLE):
        path = path.removesuffix(operation)
    path = path.replace(_PLACE, quote(endpoint.model))
    return path + (_STREAM if stream else WHOLE) + mark + query
