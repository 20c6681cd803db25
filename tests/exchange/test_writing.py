"""How one request is written for different targets."""

from typing import Any

import msgspec
import pytest

from tests.contract.toy import Toy
from understudy.chat.endpoint import Capability, Endpoint, Limits
from understudy.chat.errors import InvalidRequest
from understudy.dialects.catalog import DIALECTS as REAL
from understudy.exchange.asked import Asked
from understudy.exchange.writing import Writer

DIALECTS = {"toy": Toy("toy"), "yot": Toy("yot")}
BODY = b'{ "model":"r",  "turns":["hi"], "loud": true }'


def writer(body: bytes = BODY, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Writer:
    return Writer(Asked("1", 0.0, "toy", body, headers=headers), DIALECTS)


def endpoint(dialect: str = "toy", headers: tuple[tuple[bytes, bytes], ...] = ()) -> Endpoint:
    return Endpoint(dialect, "up", "/chat", "them", headers=headers)


def test_the_same_dialect_keeps_every_byte_but_the_model() -> None:
    one = writer()
    written = one.write(endpoint(), one.glance())
    assert written.request.body == BODY.replace(b'"r"', b'"up"')
    assert written.is_passthrough
    assert written.losses == ()


def test_what_was_read_before_is_not_read_again() -> None:
    seen = msgspec.structs.replace(writer().glance(), stream=True)
    assert Writer(Asked("1", 0.0, "toy", b"no request", glance=seen), DIALECTS).glance() is seen


def test_another_dialect_is_translated_and_says_what_is_lost() -> None:
    one = writer()
    written = one.write(endpoint("yot"), one.glance())
    assert msgspec.json.decode(written.request.body) == {"model": "up", "turns": ["hi"]}
    assert [loss.path for loss in written.losses] == ["extensions.toy.loud"]
    assert not written.is_passthrough


def test_the_clients_version_wins_over_the_targets() -> None:
    one = writer(headers=((b"x-version", b"2"),))
    headers = ((b"x-version", b"1"), (b"x-static", b"s"))
    written = one.write(endpoint(headers=headers), one.glance())
    fields = dict(written.request.headers)
    assert fields[b"x-version"] == b"2"
    assert fields[b"x-static"] == b"s"
    assert [name for name, _ in written.request.headers].count(b"x-version") == 1


def test_no_compression_is_asked_for() -> None:
    one = writer()
    assert dict(one.write(endpoint(), one.glance()).request.headers)[b"accept-encoding"] == (
        b"identity"
    )


def test_what_is_no_request_is_said_when_it_is_first_read() -> None:
    with pytest.raises(InvalidRequest):
        writer(b"[]").glance()


Body = dict[str, Any]

CHAT: Body = {
    "model": "r",
    "messages": [
        {"role": "user", "content": "hi"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_abc", "type": "function", "function": {"name": "f", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "tool_call_id": "call_abc", "content": "42"},
    ],
}
TOOLS: Body = {"tools": [{"type": "function", "function": {"name": "f"}}]}
PREFILLED: Body = {
    "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
}
JSON: Body = {"response_format": {"type": "json_object"}}


def write(chat: Body, **target: object) -> tuple[Body, set[str], bool]:
    """The body as it goes out, what it lost, and whether it kept its bytes but for the model."""
    body = msgspec.json.encode(chat)
    one = Writer(Asked("1", 0.0, "openai_chat", body), REAL)
    where = msgspec.structs.replace(Endpoint("openai_chat", "up", "/v1", "them"), **target)
    written = one.write(where, one.glance())
    assert written.is_passthrough
    is_kept = written.request.body == body.replace(b'"r"', b'"up"')
    lost = {loss.path for loss in written.losses}
    return msgspec.json.decode(written.request.body), lost, is_kept


def test_ids_of_another_hosts_calls_are_made_to_fit() -> None:
    body, lost, is_kept = write(CHAT | TOOLS, tool_id_length=9)
    assert not is_kept
    _, call, result = body["messages"]
    [made] = call["tool_calls"]
    assert len(made["id"]) == 9
    assert made["id"].isalnum()
    assert result["tool_call_id"] == made["id"]
    assert lost == set()
    assert write(CHAT | TOOLS)[2]
    assert write({**CHAT, "messages": CHAT["messages"][:1]}, tool_id_length=9)[2]


def called(id_: str) -> Body:
    """The conversation with another id for its call."""
    renamed = msgspec.json.encode(CHAT | TOOLS).replace(b"call_abc", id_.encode())
    return msgspec.json.decode(renamed, type=Body)


def test_ids_longer_than_the_host_takes_are_made_to_fit_and_others_left_alone() -> None:
    long, limits = "chatcmpl-tool-" + "0" * 32, Limits(tool_id=40)
    body, lost, is_kept = write(called(long), limits=limits)
    assert not is_kept
    _, call, result = body["messages"]
    assert len(call["tool_calls"][0]["id"]) == 40
    assert result["tool_call_id"] == call["tool_calls"][0]["id"]
    assert lost == set()
    assert write(called(long))[2]
    assert write(CHAT | TOOLS, limits=limits)[2]


def test_a_last_message_is_marked_where_it_is_continued_only_then() -> None:
    body, lost, is_kept = write(CHAT | PREFILLED, accepts=frozenset({"prefix"}))
    assert not is_kept
    assert body["messages"][-1]["prefix"] is True
    assert lost == set()
    assert write(CHAT | PREFILLED)[2]
    assert write(CHAT, accepts=frozenset({"prefix"}))[2]


def test_what_the_target_cannot_do_is_left_out_and_said() -> None:
    without = frozenset(Capability) - {Capability.JSON_MODE}
    body, lost, is_kept = write(CHAT | JSON, capabilities=without)
    assert not is_kept
    assert "response_format" not in body
    assert lost == {"response_format"}
    assert write(CHAT | JSON)[2]
    assert write(CHAT, capabilities=without)[2]


def test_the_clients_fields_go_along_where_a_field_has_to_go() -> None:
    one = writer(headers=((b"x-beta", b"b"),))
    picky = Endpoint("toy", "up", "/chat", "them", rejects=frozenset({"sampling.loud"}))
    written = one.write(picky, one.glance())
    assert dict(written.request.headers)[b"x-beta"] == b"b"
    assert written.is_passthrough


def test_hidden_thoughts_go_to_who_made_them_alone() -> None:
    body = BODY.replace(b'"hi"', b'"a secret thought"')
    sealed = BODY.replace(b'"hi"', b'"a sealed thought"')
    asked = Asked("1", 0.0, "toy", body, sealed=sealed, makers=frozenset({"them"}))
    one = Writer(asked, DIALECTS)
    own = one.write(endpoint(), one.glance())
    assert b"a secret thought" in own.request.body
    other = msgspec.structs.replace(endpoint(), producer="others")
    assert b"a sealed thought" in one.write(other, one.glance()).request.body
    assert b"a sealed thought" in one.write(endpoint("yot"), one.glance()).request.body


def test_what_its_provider_keeps_is_never_asked_of_another_dialect() -> None:
    one = Writer(Asked("1", 0.0, "openai_responses", b'{"model":"r","conversation":"c"}'), REAL)
    assert one.glance().pinned_by == "conversation"
