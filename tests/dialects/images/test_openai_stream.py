"""Pictures in events, from whole answers."""

import base64
import json

import pytest
from tests.dialects.images.events import DRAWN

from understudy.chat.events import Failed, Finished, Started, StopReason
from understudy.chat.usage import Usage
from understudy.dialects.catalog import OPERATIONS
from understudy.operations.images import Drawn, Picture
from understudy.wire.http import ResponseHead

DIALECT = OPERATIONS["openai_images"]
JPEG = base64.b64encode(b"\xff\xd8\xff picture").decode()
SSE = ResponseHead(200, ((b"content-type", b"text/event-stream"),))


def told(end: Finished, **asked: object) -> tuple[list[dict], list[str]]:
    request = DIALECT.parse_request(
        json.dumps({"model": "m", "prompt": "p", "stream": True, **asked}).encode()
    )
    encoder = DIALECT.encoder(request)
    data = encoder.send(Started("", "m", 7)) + encoder.send(end)
    frames = [json.loads(part.partition(b"data: ")[2]) for part in data.split(b"\n\n")[:-1]]
    return frames, [loss.token for loss in encoder.losses]


def test_whole_pictures_are_told_in_events_and_their_cost_with_the_last():
    drawn = Drawn((Picture(JPEG), Picture(JPEG, prompt="anew", seed=3)))
    frames, losses = told(Finished(StopReason.END, Usage(3, output_tokens=5), result=drawn))
    assert [each["type"] for each in frames] == ["image_generation.completed"] * 2
    assert [each["output_format"] for each in frames] == ["jpeg", "jpeg"]
    assert [each.get("usage", {}).get("total_tokens") for each in frames] == [None, 8]
    assert frames[0]["created_at"] == 7
    assert losses == ["answer.data.prompt", "answer.data.seed"]


def test_a_picture_that_lies_elsewhere_is_a_loss():
    end = Finished(StopReason.END, result=Drawn((Picture(url="https://x.example/a.png"),)))
    (frame,), losses = told(end)
    assert frame["url"] == "https://x.example/a.png"
    assert losses == ["answer.data.b64_json"]


def test_every_completed_picture_counts():
    decoder = DIALECT.decoder(SSE, stream=True)
    items = [*decoder.receive_data(DRAWN + DRAWN), *decoder.receive_eof()]
    end = items[-1].events[-1]
    assert isinstance(end, Finished)
    assert isinstance(end.result, Drawn)
    assert len(end.result.pictures) == 2
    assert end.usage == Usage(6, output_tokens=10)
    expected = DIALECT.glance(b'{"model":"m","prompt":"p","stream":true,"n":3}').expected
    assert expected is not None
    assert expected.flaw(end.result, None) == "expected 3 pictures, found 2"


@pytest.mark.parametrize("picture", [b'"b64_json":""', b'"b64_json":null', b'"x":1'])
def test_an_event_without_its_picture_is_none(picture: bytes):
    data = b'data: {"type":"image_edit.completed",%b}\n\n' % picture
    (item,) = DIALECT.decoder(SSE, stream=True).receive_data(data)
    assert isinstance(item.events[-1], Failed)
