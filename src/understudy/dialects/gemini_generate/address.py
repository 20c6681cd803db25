"""Where requests go: the path says the model, and whether its answer shall stream.

Sources: ai.google.dev/api/generate-content; cloud.google.com/vertex-ai/docs/reference/rest (2026).
"""

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.dialects.paths import matched

WHOLE = ":generateContent"
_STREAM = ":streamGenerateContent"
BASES = (
    "/v1beta/models/{model}",
    "/v1/models/{model}",
    "/v1/projects/{project}/locations/{location}/publishers/google/models/{model}",
    "/v1beta1/projects/{project}/locations/{location}/publishers/google/models/{model}",
    "/v1/publishers/google/models/{model}",
    "/v1beta1/publishers/google/models/{model}",
)
PATHS = tuple(base + method for base in BASES for method in (WHOLE, _STREAM))
EVENTS = "alt=sse"
ARRAY = "alt=json"
"""How a stream comes: as events, or (where nothing is said, too) as one JSON array."""

_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/@:"


def read_path(path: str, said: str = "") -> tuple[str, bool]:
    """The model, and whether to stream. `said`: the model as the body names it, if it does.

    Raises: InvalidRequest for a path that names no model; nobody names one where there is none.
    """
    found = matched(path, PATHS)
    plain = path.partition("?")[0]
    if found is None:  # behind a base address of its own
        found = matched("/v1beta/models/" + plain.rpartition("/models/")[2], PATHS)
    model = found["model"] if found is not None else said.removeprefix("models/")
    if not model and path:
        raise InvalidRequest("model", "expected the name of a model in the path, found none")
    return model, plain.endswith(_STREAM)


def is_as_events(path: str) -> bool:
    """Whether a stream is asked for as events, not as one array."""
    query = path.partition("?")[2]
    return "alt=sse" in query.replace("%24", "").replace("$", "").split("&")


def is_array(path: str) -> bool:
    """Whether an answer to a request there is one array: that of a stream, where nobody asks for
    events.
    """
    return path.partition("?")[0].endswith(_STREAM) and not is_as_events(path)


def write_path(endpoint: Endpoint, *, stream: bool, form: str = EVENTS) -> str:
    """Fill the model into an endpoint's path, and ask for a stream in the form that is wanted."""
    path, _, query = endpoint.path.partition("?")
    octets = endpoint.model.removeprefix("models/").encode()
    model = "".join(chr(each) if chr(each) in _PLAIN else f"%{each:02X}" for each in octets)
    for method in (_STREAM, WHOLE):
        path = path.removesuffix(method)
    path = path.replace("{model}", model) + (_STREAM if stream else WHOLE)
    fields = [field for field in query.split("&") if field and not field.startswith("alt=")]
    if stream:
        fields.append(form)
    return path + ("?" + "&".join(fields) if fields else "")
