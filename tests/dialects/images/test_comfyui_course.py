"""What ComfyUI is asked, step by step, and where a job is stopped that nobody wants any more."""

import base64
import json

import msgspec
import pytest

from understudy.dialects.course import Ask, Course, Courses, Told
from understudy.dialects.images.comfyui import ComfyUIImages
from understudy.dialects.images.comfyui_course import LOOKS, Job
from understudy.dialects.images.comfyui_graph import Node
from understudy.wire.http import HttpRequest, ResponseHead
from understudy.wire.multipart import read_form

JSON = ResponseHead(200, ((b"content-type", b"application/json"),))
PNG = ResponseHead(200, ((b"content-type", b"image/png"),))
FIELDS = ((b"content-type", b"application/json"), (b"user-agent", b"understudy"))
GRAPH = {"1": Node("KSampler", {"seed": "%seed%"})}
FILE = {"filename": "a b.png", "subfolder": "x", "type": "output"}


def course(job: Job | None = None) -> Course:
    dialect = ComfyUIImages()
    assert isinstance(dialect, Courses)
    body = msgspec.json.encode(job or Job(GRAPH, seeds=(("1", "seed"),)))
    return dialect.course(HttpRequest("POST", "/api/prompt", FIELDS, body), 42)


def hear(walk: Course, said: object, head: ResponseHead = JSON) -> Ask | Told | None:
    return walk.heard(head, json.dumps(said).encode())


def asked(step: Ask | Told | None) -> str:
    assert isinstance(step, Ask)
    return f"{step.request.method} {step.request.path}"


def queued() -> Course:
    walk = course()
    assert asked(walk.begin()) == "POST /api/prompt"
    found = [walk.is_binding]
    assert asked(hear(walk, {"prompt_id": "j", "number": 1})) == "GET /api/history/j"
    assert [*found, walk.is_binding] == [True, False]
    return walk


def entry(outputs: object, status: str = "success", *messages: object) -> dict[str, object]:
    said = {"status_str": status, "completed": status == "success", "messages": messages}
    return {"j": {"prompt": [], "outputs": outputs, "status": said}}


def failure(step: Ask | Told | None) -> str:
    assert isinstance(step, Told)
    assert step.head.status == 500
    return str(json.loads(step.body)["error"]["type"])


def test_pictures_are_fetched_one_after_another():
    walk = queued()
    outputs = {"9": {"images": [FILE, {**FILE, "filename": "b.png"}]}, "8": {"text": ["hi"]}}
    step = hear(walk, entry(outputs))
    assert asked(step) == "GET /api/view?filename=a%20b.png&subfolder=x&type=output"
    step = walk.heard(PNG, b"one")
    assert asked(step) == "GET /api/view?filename=b.png&subfolder=x&type=output"
    assert walk.held_bytes == 4
    step = walk.heard(PNG, b"two")
    assert isinstance(step, Told)
    images = [{"data": base64.b64encode(each).decode(), "seed": 42} for each in (b"one", b"two")]
    assert (step.head.status, json.loads(step.body)) == (200, {"id": "j", "images": images})
    assert walk.leave() is None


def test_a_seed_is_drawn_where_none_was_asked_for():
    step = course().begin()
    assert json.loads(step.request.body)["prompt"]["1"]["inputs"] == {"seed": 42}
    assert step.request.headers == FIELDS
    step = course(Job(GRAPH)).begin()
    assert json.loads(step.request.body)["prompt"]["1"]["inputs"] == {"seed": "%seed%"}


def test_pictures_go_up_before_the_workflow():
    walk = course(Job(GRAPH, {"understudy/a.png": "AAAA", "understudy/b.png": "AAAB"}))
    step = walk.begin()
    assert asked(step) == "POST /api/upload/image"
    parts = {part.name: part for part in read_form(step.request.body)}
    assert (parts["image"].data, parts["image"].filename) == (bytes(3), "a.png")
    assert parts["subfolder"].text == "understudy"
    assert not walk.is_binding
    assert asked(hear(walk, {"name": "a.png"})) == "POST /api/upload/image"
    assert asked(hear(walk, {"name": "b.png"})) == "POST /api/prompt"


def test_it_is_looked_at_ever_more_rarely_and_the_queue_now_and_then():
    walk = queued()
    waits: list[float] = []
    paths: list[str] = []
    for _ in range(3 * (LOOKS + 1)):
        step = hear(walk, {} if not paths or "queue" not in paths[-1] else QUEUED)
        assert isinstance(step, Ask)
        waits.append(step.after)
        paths.append(step.request.path)
    assert waits == sorted(waits)
    assert max(waits) == 2.0
    assert paths.count("/api/queue") == 3


QUEUED = {"queue_running": [[1, "other", {}]], "queue_pending": [[2, "j", {}]]}


def test_a_job_that_is_nowhere_is_lost_unless_it_has_just_been_done():
    for last, lost in (({}, True), (entry({"9": {"images": [FILE]}}), False)):
        walk = queued()
        step = [hear(walk, {}) for _ in range(LOOKS)][-1]
        assert asked(step) == "GET /api/queue"
        step = hear(walk, {"queue_running": [], "queue_pending": []})
        assert isinstance(step, Ask)
        assert (asked(step), step.after) == ("GET /api/history/j", 0.0)
        step = hear(walk, last)
        if lost:
            assert failure(step) == "job_lost"
            assert walk.leave() is None
        else:
            assert asked(step).startswith("GET /api/view")


TROUBLE = {
    "node_id": "5",
    "node_type": "KSampler",
    "exception_type": "RuntimeError",
    "exception_message": "no\n",
}


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (
            entry({}, "error", ["execution_start", {}], ["execution_error", TROUBLE]),
            "execution_error",
        ),
        (entry({}, "error", ["execution_interrupted", {}]), "execution_interrupted"),
        (entry({}, "error"), "execution_error"),
        (entry({"8": {"text": ["hi"], "images": 3}, "9": None, "10": [1]}), "no_pictures"),
        ({"j": {"prompt": [], "outputs": {}}}, "no_pictures"),
        (entry({"9": {"images": [{**FILE, "type": "input"}]}}), "no_pictures"),
    ],
)
def test_a_job_that_came_to_nothing_is_a_failure(said: object, kind: str):
    walk = queued()
    step = hear(walk, said)
    assert failure(step) == kind
    assert walk.leave() is None


def test_saved_pictures_go_before_those_that_are_only_shown():
    shown = {**FILE, "filename": "shown.png", "type": "temp"}
    step = hear(queued(), entry({"1": {"images": [shown]}, "2": {"images": [FILE]}}))
    assert "a%20b.png" in asked(step)
    assert "shown.png" in asked(hear(queued(), entry({"1": {"images": [shown]}})))


@pytest.mark.parametrize("status", [400, 404, 502])
def test_an_error_on_the_way_goes_on_as_it_is(status: int):
    walk = queued()
    head = ResponseHead(status, ())
    assert walk.heard(head, b"words") == Told(head, b"words")
    assert asked(walk.leave()) == "POST /api/queue"


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"prompt_id": 3}', b"[" * 100_000])
def test_what_is_no_answer_goes_on_as_it_is(body: bytes):
    walk = course()
    walk.begin()
    assert walk.heard(JSON, body) == Told(JSON, body)
    assert walk.leave() is None


ODD: list[object] = [
    *(None, [], 3, {"j": None}, {"j": {"outputs": 3}}, {"j": {"status": {"messages": [3]}}}),
    *({"queue_running": []}, {"queue_running": 3}, {"queue_running": [3]}),
    *({"queue_running": [[]]}, {"queue_running": [[1]]}, {"queue_running": [["j"]]}),
]


@pytest.mark.parametrize("said", ODD)
def test_odd_answers_are_survived(said: object):
    for steps in range(LOOKS + 1):
        walk = queued()
        for _ in range(steps):
            hear(walk, {})
        assert isinstance(hear(walk, said), Ask | Told)
        walk.leave()
        walk.heard(JSON, b"")
        hear(walk, said)


def test_a_page_in_place_of_a_picture_is_none():
    walk = queued()
    hear(walk, entry({"9": {"images": [FILE]}}))
    page = ResponseHead(200, ((b"content-type", b"text/html"),))
    assert walk.heard(page, b"<html>") == Told(page, b"<html>")


@pytest.mark.parametrize("running", [["j"], ["other"], []])
def test_a_job_that_is_left_is_taken_out_and_stopped_only_where_it_runs(running: list[str]):
    walk = queued()
    step: Ask | Told | None = walk.leave()
    assert asked(step) == "POST /api/queue"
    assert isinstance(step, Ask)
    assert json.loads(step.request.body) == {"delete": ["j"]}
    assert asked(walk.heard(JSON, b"")) == "GET /api/queue"
    items = [[1, name, {}] for name in running]
    step = hear(walk, {"queue_running": items, "queue_pending": []})
    if running != ["j"]:
        assert step is None
        return
    assert asked(step) == "POST /api/interrupt"
    assert isinstance(step, Ask)
    assert json.loads(step.request.body) == {"prompt_id": "j"}
    assert walk.heard(JSON, b"") is None


def test_nothing_is_left_behind_where_nothing_was_begun():
    walk = course()
    walk.begin()
    assert walk.leave() is None
