import json

from tests.dialects.openai_responses.talk import encoded, message, reasoning, response, whole

from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.chat.request import Request
from understudy.dialects.openai_responses import DIALECT
from understudy.dialects.openai_responses.whole import WholeEncoder


def test_a_body_is_said_as_it_was_read():
    body = response(reasoning("hm", encrypted_content="e"), message("a", "b", phase="final_answer"))
    data, losses = encoded(whole(body), stream=False)
    assert losses == []
    said = json.loads(data)
    assert (said["id"], said["status"]) == (body["id"], "completed")
    assert said["output"][0] == body["output"][0]
    assert said["output"][1]["phase"] == "final_answer"
    assert [part["text"] for part in said["output"][1]["content"]] == ["a", "b"]


def test_it_is_an_error_where_it_broke():
    encoder = DIALECT.encoder(Request("m", ()))
    assert isinstance(encoder, WholeEncoder)
    failure = Failure("x", Fault.UPSTREAM, "host", Scope.HOST, Progress.SENT, "gone")
    assert json.loads(encoder.abort(failure))["error"]["message"] == "gone"
    assert encoder.remark(b"x") == b""
    assert dict(encoder.head()) == {b"content-type": b"application/json"}
