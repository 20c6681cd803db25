"""Bodies are from OpenAI's API reference, "Files" and "Batch" (August 2026), shortened."""

import json

import pytest

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Finished, Started, StopReason
from understudy.dialects.files.dialect import BARE, PINNED
from understudy.operations.files import Filed, FileTask
from understudy.wire.multipart import Part, write_form

TARGET = Endpoint("openai_files", "files", "/openai/v1/{leaf}", "azure")
UPLOAD, KIND = write_form([Part("purpose", b"batch"), Part("file", b"{}\n", "a.jsonl")])


def sent(line: str, body: bytes = b""):
    request = PINNED.parse_request(body, line)
    return request, BARE.build_request(request, TARGET)[0]


@pytest.mark.parametrize(
    ("line", "model", "method", "path"),
    [
        ("GET /v1/files", "files", "GET", "files"),
        ("GET /v1/files/file-a~one", "files~one", "GET", "files/file-a"),
        ("GET /v1/files/file-a%7Eone/content", "files~one", "GET", "files/file-a/content"),
        ("DELETE /v1/files/file-a~one", "files~one", "DELETE", "files/file-a"),
        ("POST /v1/batches/b~one/cancel", "files~one", "POST", "batches/b/cancel"),
        (
            "GET /v1/batches?limit=2&after=b~one",
            "files~one",
            "GET",
            "batches?limit=2&after=b",
        ),
    ],
)
def test_ids_go_to_their_owner_bare(line: str, model: str, method: str, path: str):
    request, written = sent(line)
    assert request.model == model
    assert (written.method, written.path) == (method, f"/openai/v1/{path}")


def test_a_form_goes_as_it_came():
    request, written = sent("POST /v1/files", UPLOAD)
    assert request.model == "files"
    assert written.body == UPLOAD
    assert dict(written.headers)[b"content-type"] == KIND


def test_a_batch_names_its_input_bare():
    body = {"input_file_id": "file-a~one", "endpoint": "/v1/responses", "metadata": {"id": "x~y"}}
    request, written = sent("POST /v1/batches", json.dumps(body).encode())
    assert request.model == "files~one"
    assert json.loads(written.body) == {**body, "input_file_id": "file-a"}


@pytest.mark.parametrize(
    ("line", "body", "status"),
    [
        ("GET /v1/files/file-a", b"", 400),
        ("PUT /v1/files", b"", 405),
        ("DELETE /v1/files", b"", 405),
        ("POST /v1/batches", b'{"input_file_id":"file-a"}', 400),
        ("POST /v1/batches", b"[]", 400),
        ("GET /v1/files/a~one?after=b~two", b"", 400),
    ],
)
def test_a_mistake_is_refused(line: str, body: bytes, status: int):
    with pytest.raises(InvalidRequest) as caught:
        PINNED.parse_request(body, line)
    assert caught.value.status == status


def told(line: str, body: bytes, media: str = "application/json") -> bytes:
    encoder = PINNED.encoder(PINNED.parse_request(b"", line))
    encoder.send(Started("", ""))
    return encoder.send(Finished(StopReason.END, result=Filed(body, media, "one")))


def test_answers_name_their_owner_in_each_id_and_nowhere_else():
    batch = {
        "id": "batch_1",
        "input_file_id": "file-a",
        "output_file_id": None,
        "metadata": {"id": "mine"},
        "created_at": 1.50,
    }
    body = {"object": "list", "data": [batch], "first_id": "batch_1", "has_more": False}
    said = json.loads(told("GET /v1/batches", json.dumps(body).encode()))
    assert said["first_id"] == "batch_1~one"
    assert said["data"] == [{**batch, "id": "batch_1~one", "input_file_id": "file-a~one"}]


@pytest.mark.parametrize("body", [b'{"id":"file-a"}', b"\xff\x00", b""])
def test_a_files_content_is_what_it_is(body: bytes):
    assert told("GET /v1/files/a~one/content", body) == body


def test_bare_ids_stay_bare_at_the_provider():
    request = BARE.parse_request(b"", "GET /v1/files/file-a")
    assert request.task == FileTask("GET", "/files/file-a")
    encoder = BARE.encoder(request)
    end = Finished(StopReason.END, result=Filed(b'{"id":"file-a"}', "application/json"))
    assert encoder.send(end) == b'{"id":"file-a"}'
