from understudy.chat.endpoint import Endpoint
from understudy.dialects.realtime import forwarded, model_of, written_path

TARGET = Endpoint("openai_chat", "gpt-realtime 2", "/openai/v1/realtime", "azure")


def test_the_model_is_in_the_query_under_either_name():
    assert model_of({"model": "a"}) == "a"
    assert model_of({"deployment": "b", "api-version": "1"}) == "b"
    assert model_of({}) == ""


def test_the_targets_model_is_put_in_and_a_key_stays_here():
    query = [("model", "route"), ("key", "us-secret"), ("api-version", "2026-01-01"), ("x", "a&b")]
    assert written_path(TARGET, query) == (
        "/openai/v1/realtime?model=gpt-realtime%202&api-version=2026-01-01&x=a%26b"
    )


def test_only_what_is_of_the_socket_goes_on():
    fields = (
        (b"authorization", b"Bearer us-secret"),
        (b"cookie", b"a=b"),
        (b"sec-websocket-key", b"k"),
        (b"sec-websocket-protocol", b"realtime, openai-insecure-api-key.us-secret"),
        (b"openai-beta", b"realtime=v1"),
    )
    assert forwarded(fields) == (
        (b"sec-websocket-key", b"k"),
        (b"sec-websocket-protocol", b"realtime"),
        (b"openai-beta", b"realtime=v1"),
    )
    assert forwarded(((b"sec-websocket-protocol", b"openai-insecure-api-key.k"),)) == ()
