"""What ComfyUI is asked for one job, one thing after another: take these pictures, queue this
workflow, is it done, give me what came of it. And for a job that nobody wants: forget it.

Source: Comfy-Org/ComfyUI, `server.py` and `PromptQueue` in `execution.py`, November 2026. Its
history is memory: a server that was restarted knows neither the job nor that there was one, so the
queue is looked at now and then, too.
"""

import base64
import enum
from typing import Final

import msgspec

from understudy.dialects.aws import quote
from understudy.dialects.course import Ask, Told
from understudy.dialects.images.comfyui_graph import Node
from understudy.dialects.images.common import MOST_PICTURES
from understudy.dialects.pages import PAGE_TYPES
from understudy.wire.filetype import file_type
from understudy.wire.http import Headers, HttpRequest, ResponseHead, media_type
from understudy.wire.multipart import Part, write_form

FIRST_LOOK: Final = 0.25
LONGEST_WAIT: Final = 2.0
"""Seconds until the first look at whether it is done, and at most between two."""

SLOWER: Final = 1.5
LOOKS: Final = 3
"""In its history, until the queue is looked at: is the job there at all?"""

TO_LEAVE: Final = 10.0
"""Seconds that each request may take which stops a job."""

_GOOD = range(200, 300)
_JSON: Headers = ((b"content-type", b"application/json"),)
_encode = msgspec.json.encode


class Job(msgspec.Struct, frozen=True):
    """All that a request takes, in one body. `files` are pictures to send first, in base64, by
    the names that the workflow has for them; `seeds` the inputs that want a random number where no
    `seed` was asked for.
    """

    prompt: dict[str, Node]
    files: dict[str, str] = {}
    seeds: tuple[tuple[str, str], ...] = ()
    seed: int | None = None


class _Place(enum.Enum):
    UPLOAD = "upload"
    SUBMIT = "submit"
    LOOK = "look"
    QUEUE = "queue"
    LAST_LOOK = "last look"
    FETCH = "fetch"
    DELETE = "delete"
    IS_RUNNING = "is running"
    INTERRUPT = "interrupt"


class _File(msgspec.Struct):
    filename: str
    subfolder: str = ""
    type: str = "output"


class _Output(msgspec.Struct):
    images: list[_File] = []


class _Status(msgspec.Struct):
    status_str: str = ""
    messages: list[tuple[str, msgspec.Raw]] = []


class _Entry(msgspec.Struct):
    outputs: dict[str, msgspec.Raw] = {}
    status: _Status | None = None


class _Trouble(msgspec.Struct):
    node_id: str | int = ""
    node_type: str = ""
    exception_type: str = ""
    exception_message: str = ""


class _Queue(msgspec.Struct):
    queue_running: list[list[msgspec.Raw]] = []
    queue_pending: list[list[msgspec.Raw]] = []


class _Queued(msgspec.Struct):
    prompt_id: str


_job = msgspec.json.Decoder(Job).decode
_queued = msgspec.json.Decoder(_Queued).decode
_history = msgspec.json.Decoder(dict[str, _Entry]).decode
_queue = msgspec.json.Decoder(_Queue).decode
_output = msgspec.json.Decoder(_Output).decode
_trouble = msgspec.json.Decoder(_Trouble).decode


class ComfyUICourse:
    """See `dialects.course.Course`."""

    def __init__(self, request: HttpRequest, seed: int) -> None:
        self._base = request.path.removesuffix("/prompt")
        self._headers = tuple(each for each in request.headers if each[0] != b"content-type")
        job = _job(request.body)
        for node, key in job.seeds:
            job.prompt[node].inputs[key] = seed
        self._workflow = job.prompt
        self._seed = seed if job.seeds else job.seed
        self._uploads = list(job.files.items())
        self._place = _Place.SUBMIT
        self._id = ""
        self._wait = FIRST_LOOK
        self._looks = 0
        self._is_over = False
        self._wanted: list[_File] = []
        self._pictures: list[str] = []

    @property
    def is_binding(self) -> bool:
        return self._place is _Place.SUBMIT

    @property
    def held_bytes(self) -> int:
        return sum(map(len, self._pictures))

    def begin(self) -> Ask:
        if not self._uploads:
            return self._post(_Place.SUBMIT, "/prompt", {"prompt": self._workflow})
        name, data = self._uploads.pop(0)
        folder, _, file = name.rpartition("/")
        octets = base64.b64decode(data)
        parts = [
            Part("image", octets, file, file_type(octets) or "image/png"),
            Part("subfolder", folder.encode()),
            Part("type", b"input"),
            Part("overwrite", b"true"),
        ]
        body, kind = write_form(parts)
        headers = ((b"content-type", kind), *self._headers)
        self._place = _Place.UPLOAD
        return Ask(HttpRequest("POST", f"{self._base}/upload/image", headers, body))

    def heard(self, head: ResponseHead, body: bytes) -> Ask | Told | None:
        if self._place in {_Place.DELETE, _Place.IS_RUNNING, _Place.INTERRUPT}:
            return self._wound_up(body)
        if head.status not in _GOOD or media_type(head.headers) in PAGE_TYPES:
            return Told(head, body)
        try:
            return self._next(body)
        except (msgspec.MsgspecError, RecursionError):
            return Told(head, body)  # whoever reads it as an answer says what it is

    def leave(self) -> Ask | None:
        if not self._id or self._is_over:
            return None
        return self._post(_Place.DELETE, "/queue", {"delete": [self._id]}, patience=TO_LEAVE)

    def _next(self, body: bytes) -> Ask | Told | None:
        match self._place:
            case _Place.UPLOAD:
                return self.begin()
            case _Place.SUBMIT:
                self._id = _queued(body).prompt_id
                return self._look()
            case _Place.LOOK | _Place.LAST_LOOK:
                entry = _history(body).get(self._id)
                return self._look_again() if entry is None else self._done(entry)
            case _Place.QUEUE:
                queue = _queue(body)
                is_there = self._is_in(queue.queue_running) or self._is_in(queue.queue_pending)
                return self._look() if is_there else self._look(_Place.LAST_LOOK)
            case _:
                self._pictures.append(base64.b64encode(body).decode())
                return self._fetch()

    def _look(self, place: _Place = _Place.LOOK) -> Ask:
        """Ask for its history: at once where it has just left the queue."""
        wait = 0.0 if place is _Place.LAST_LOOK else self._wait
        self._wait = min(LONGEST_WAIT, self._wait * SLOWER)
        return self._get(place, f"/history/{quote(self._id)}", after=wait)

    def _look_again(self) -> Ask | Told:
        if self._place is _Place.LAST_LOOK:
            self._is_over = True
            return _failed("job_lost", "the server knows nothing of the job any more")
        self._looks += 1
        if self._looks % LOOKS:
            return self._look()
        return self._get(_Place.QUEUE, "/queue", after=self._wait)

    def _done(self, entry: _Entry) -> Ask | Told:
        self._is_over = True
        status = entry.status
        if status is not None and status.status_str == "error":
            return _explained(status)
        files = [file for output in entry.outputs.values() for file in _pictures(output)]
        saved = [file for file in files if file.type == "output"]
        self._wanted = (saved or [file for file in files if file.type == "temp"])[:MOST_PICTURES]
        if not self._wanted:
            return _failed("no_pictures", "the workflow came to its end and saved no picture")
        return self._fetch()

    def _fetch(self) -> Ask | Told:
        if self._wanted:
            file = self._wanted.pop(0)
            named = {"filename": file.filename, "subfolder": file.subfolder, "type": file.type}
            query = "&".join(f"{name}={quote(value)}" for name, value in named.items())
            return self._get(_Place.FETCH, f"/view?{query}")
        images = [
            {"data": each} if self._seed is None else {"data": each, "seed": self._seed}
            for each in self._pictures
        ]
        self._pictures = []
        return Told(ResponseHead(200, _JSON), _encode({"id": self._id, "images": images}))

    def _wound_up(self, body: bytes) -> Ask | None:
        """On the way out. An old server's `/interrupt` stops whatever is running, so it is asked
        for only where that is this job.
        """
        if self._place is _Place.DELETE:
            return self._get(_Place.IS_RUNNING, "/queue", patience=TO_LEAVE)
        if self._place is _Place.IS_RUNNING:
            try:
                is_running = self._is_in(_queue(body).queue_running)
            except (msgspec.MsgspecError, RecursionError):
                return None
            if is_running:
                said = {"prompt_id": self._id}
                return self._post(_Place.INTERRUPT, "/interrupt", said, patience=TO_LEAVE)
        return None

    def _is_in(self, items: list[list[msgspec.Raw]]) -> bool:
        mine = _encode(self._id)
        return any(len(item) > 1 and bytes(item[1]) == mine for item in items)

    def _get(self, place: _Place, path: str, *, after: float = 0.0, patience: float = 30.0) -> Ask:
        self._place = place
        request = HttpRequest("GET", self._base + path, self._headers, b"")
        return Ask(request, after, patience)

    def _post(self, place: _Place, path: str, said: object, *, patience: float = 30.0) -> Ask:
        self._place = place
        headers = (*_JSON, *self._headers)
        return Ask(
            HttpRequest("POST", self._base + path, headers, _encode(said)), patience=patience
        )


def _pictures(output: msgspec.Raw) -> list[_File]:
    """The pictures among what a node has to show; nodes of others may show anything."""
    try:
        return _output(output).images
    except msgspec.MsgspecError:
        return []


def _explained(status: _Status) -> Told:
    """Why a job failed, in the server's own shape of errors."""
    for kind, raw in reversed(status.messages):
        if kind == "execution_interrupted":
            return _failed(kind, "somebody stopped the job")
        if kind == "execution_error":
            said = _trouble(raw)
            why = f"{said.exception_type}: {said.exception_message.strip()}"
            return _failed(kind, f"{said.node_type} (node {said.node_id}): {why}")
    return _failed("execution_error", "the job failed, and its history does not say why")


def _failed(kind: str, message: str) -> Told:
    """A job that failed, as the answer that says so: to ComfyUI all of its own were good."""
    why = {"type": kind, "message": message, "details": ""}
    body = _encode({"error": why, "node_errors": {}})
    return Told(ResponseHead(500, _JSON), body)
