"""Files and batches as OpenAI says them, and Azure and Groq: /v1/files and /v1/batches.

Source: OpenAI API reference, "Files" and "Batch" (August 2026). Two dialects of one API: in that of
applications each id names its owner, in that of providers it does not. Translating is all that is
done: a request goes to the owner of the ids in it, an answer gets its owner's name into its ids.
The method stands before the path, since it is a part of what is asked.
"""

import msgspec
from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.base import LEAF, Edits
from understudy.dialects.forms import form_type
from understudy.dialects.openai_chat import DIALECT as CHAT
from understudy.dialects.operation import Answer, ErrorShape, Flawed, OperationDialect
from understudy.dialects.paths import matched
from understudy.dialects.reading import Raws, Reader
from understudy.dialects.toplevel import read_object
from understudy.operations.files import Filed, FileTask, pinned, route_of, unpinned
from understudy.operations.kinds import Operation
from understudy.wire.multipart import is_form

ROUTE = "files"
"""The route that files and batches go by: a request names none."""

_encode = msgspec.json.encode
_raws = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_objects = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_string = msgspec.json.Decoder(str).decode
_IDS = frozenset(
    {"id", "input_file_id", "output_file_id", "error_file_id", "first_id", "last_id", "after"}
)
_ALLOWED = {
    "/files": {"GET", "POST"},
    "/files/{id}": {"GET", "DELETE"},
    "/files/{id}/content": {"GET"},
    "/batches": {"GET", "POST"},
    "/batches/{id}": {"GET"},
    "/batches/{id}/cancel": {"POST"},
}


class FilesDialect(OperationDialect):
    operation = Operation.FILES
    errors = ErrorShape(CHAT.parse_failure, CHAT.render_failure)
    methods = frozenset({"GET", "POST", "DELETE"})

    def __init__(self, name: str, *, is_pinned: bool) -> None:
        self.name = name
        self.paths = tuple(base + path for base in ("/v1", "/openai/v1") for path in _ALLOWED)
        self._is_pinned = is_pinned

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        method, _, target = path.partition(" ")
        plain, _, query = target.partition("?")
        plain = "/" + plain.partition("/v1/")[2]
        owners: set[str | None] = set()
        for pattern, methods in _ALLOWED.items():
            found = matched(plain, (pattern,))
            if found is None:
                continue
            if method not in methods:
                allowed = ", ".join(sorted(methods))
                raise InvalidRequest("", f"{plain} takes {allowed}, not {method}", status=405)
            if "id" in found:
                bare = self._bare(found["id"], "id", owners)
                plain = pattern.replace("{id}", bare)
            break
        task = FileTask(method, plain, self._query(query, owners))
        task = self._with_body(task, body, owners)
        if len(owners) > 1:
            raise InvalidRequest("", "expected ids of one owner, found several")
        owner = next(iter(owners), None)
        model = ROUTE if owner is None else route_of(ROUTE, owner)
        return Request(model, (), task=msgspec.structs.replace(task, owner=owner))

    @override
    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        return body

    @override
    def path(self, endpoint: Endpoint, *, stream: bool) -> str:
        return endpoint.path

    @override
    def built_path(self, request: Request, endpoint: Endpoint) -> str:
        task = _task(request)
        query = f"?{task.query}" if task.query else ""
        return endpoint.path.replace(LEAF, task.path[1:]) + query

    @override
    def method(self, request: Request) -> str:
        return _task(request).method

    @override
    def media(self, body: bytes) -> bytes | None:
        return form_type(body)

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        return _task(request).body, []

    @override
    def read_whole(self, kind: bytes, body: bytes) -> Answer:
        return Answer(Filed(body, kind.decode("latin-1")))

    @override
    def read_answer(self, tree: Raws) -> Answer:
        raise Flawed("schema_violation", "an answer is read whole")

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        filed = answer.result
        assert isinstance(filed, Filed)
        is_content = _task(request).path.endswith("/content")
        if not self._is_pinned or is_content or "json" not in filed.media:
            return filed.body, []
        try:
            return _encode(_marked(_raws(filed.body), filed.owner)), []
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return filed.body, []  # no JSON, so there is no id to go by either

    @override
    def answer_media(self, request: Request) -> bytes:
        is_content = _task(request).path.endswith("/content")
        return b"application/octet-stream" if is_content else b"application/json"

    def _bare(self, said: str, path: str, owners: set[str | None]) -> str:
        if not self._is_pinned:
            return said
        bare, owner = unpinned(said)
        if owner is None:
            reason = "expected an id that this server gave, which names its owner (ID~PROVIDER)"
            raise InvalidRequest(path, reason)
        owners.add(owner)
        return bare

    def _query(self, query: str, owners: set[str | None]) -> str:
        """`after` is an id too."""
        pairs = [pair.partition("=") for pair in query.split("&") if pair]
        return "&".join(
            f"{name}={self._bare(value.replace('%7E', '~'), name, owners)}"
            if name == "after"
            else f"{name}{mark}{value}"
            for name, mark, value in pairs
        )

    def _with_body(self, task: FileTask, body: bytes, owners: set[str | None]) -> FileTask:
        if not body or is_form(body) or task.method != "POST":
            return msgspec.structs.replace(task, body=body)
        tree = read_object(body)
        raw = tree.get("input_file_id")
        if raw is not None:
            said = Reader({"input_file_id": raw}).need_string("input_file_id")
            tree["input_file_id"] = msgspec.Raw(_encode(self._bare(said, "input_file_id", owners)))
        return msgspec.structs.replace(task, body=_encode(tree))


def _task(request: Request) -> FileTask:
    task = request.task
    assert isinstance(task, FileTask), "admission lets no other operation through"
    return task


def _marked(tree: dict[str, msgspec.Raw], owner: str) -> dict[str, object]:
    """Put the owner into each id of an object, and of those in a list."""
    said: dict[str, object] = {}
    for name, raw in tree.items():
        if name in _IDS and bytes(raw).startswith(b'"'):
            said[name] = pinned(_string(raw), owner)
        elif name == "data" and bytes(raw).startswith(b"["):
            try:
                said[name] = [_marked(each, owner) for each in _objects(raw)]
            except msgspec.MsgspecError:
                said[name] = raw
        else:
            said[name] = raw
    return said


PINNED = FilesDialect("pinned_files", is_pinned=True)
BARE = FilesDialect("openai_files", is_pinned=False)
