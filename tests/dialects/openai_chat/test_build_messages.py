import msgspec
import pytest
from tests.dialects.openai_chat.talk import built, endpoint, parsed, request

from understudy.chat.endpoint import Endpoint, Limits
from understudy.chat.parts import (
    Audio,
    CacheHint,
    Image,
    Opaque,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
    ToolResult,
    Url,
)
from understudy.chat.request import Message, Role, Tool

RAW = msgspec.Raw(b"1")


def write(*messages: Message, target: Endpoint | None = None, **fields) -> tuple[list, set[str]]:
    body, losses = built(request(*messages, **fields), target)
    return body["messages"], losses


def assistant(*parts, target: Endpoint | None = None) -> tuple[dict, set[str]]:
    messages, losses = write(Message(Role.ASSISTANT, parts), target=target)
    return messages[0], losses


def test_text_is_a_string_and_texts_are_a_list():
    messages, _ = write(
        Message(Role.SYSTEM, (Text("a"),)),
        Message(Role.USER, (Text("a"), Text("b")), "bob"),
        Message(Role.USER, ()),
    )
    assert messages == [
        {"role": "system", "content": "a"},
        {
            "role": "user",
            "name": "bob",
            "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        },
        {"role": "user", "content": ""},
    ]


def test_roles_are_renamed_where_the_host_knows_them_not():
    target = endpoint(renames={"developer": "system"})
    messages, _ = write(Message(Role.DEVELOPER, (Text("a"),)), target=target)
    assert messages[0]["role"] == "system"
    assert write(Message(Role.DEVELOPER, (Text("a"),)))[0][0]["role"] == "developer"


def test_an_assistant_says_many_things():
    message, losses = assistant(
        Text("x"), ToolCall("a", "f", ""), ToolCall("b", "sh", "ls", is_custom=True), Audio(id="au")
    )
    assert message == {
        "role": "assistant",
        "content": "x",
        "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
            {"id": "b", "type": "custom", "custom": {"name": "sh", "input": "ls"}},
        ],
        "audio": {"id": "au"},
    }
    assert losses == set()


def test_a_refusal_stands_for_itself_or_among_text():
    assert assistant(Refusal("no"))[0] == {"role": "assistant", "content": None, "refusal": "no"}
    message, _ = assistant(Text("x"), Refusal("no"))
    assert message["content"][1] == {"type": "refusal", "refusal": "no"}


LAB = "lab"


@pytest.mark.parametrize(
    ("part", "fields"),
    [
        (Reasoning("hm", field="reasoning"), {"reasoning": "hm"}),
        (Reasoning("hm", field="reasoning_content", producer=LAB), {"reasoning_content": "hm"}),
        (
            Reasoning("hm", "s", producer=LAB, id="r"),
            {
                "reasoning_details": [
                    {"type": "reasoning.text", "index": 0, "text": "hm", "signature": "s",
                     "format": LAB, "id": "r"}
                ]
            },
        ),
        (
            Reasoning("", None, "secret", LAB, "reasoning_details"),
            {
                "reasoning_details": [
                    {"type": "reasoning.encrypted", "index": 0, "data": "secret", "format": LAB}
                ]
            },
        ),
    ],
)  # fmt: skip
def test_thoughts_go_back_to_their_producer(part, fields):
    message, losses = assistant(part, Text("x"))
    assert message == {"role": "assistant", "content": "x", **fields}
    assert losses == set()


def test_thoughts_in_a_list_stay_in_it():
    message, _ = assistant(Reasoning("hm", field="content.thinking"), Text("x"))
    assert message["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "x"},
    ]


@pytest.mark.parametrize(
    "part",
    [
        Reasoning("hm", "signature", producer="other"),
        Reasoning("hm", "signature"),
        Reasoning("", None, "secret", "other"),
        Reasoning("hm", producer="other", field="reasoning_content"),
        Reasoning("hm"),
    ],
)
def test_thoughts_of_others_are_never_sent(part):
    message, losses = assistant(part, Text("x"))
    assert message == {"role": "assistant", "content": "x"}
    assert losses == {"messages[0].parts[0]"}


def test_results_follow_one_another():
    messages, losses = write(
        Message(Role.TOOL, (ToolResult("a", (Text("1"),), "f"), ToolResult("b", ()))),
    )
    assert messages == [
        {"role": "tool", "tool_call_id": "a", "name": "f", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": ""},
    ]
    assert losses == set()


def test_pictures_in_results_follow_after_the_last_of_them():
    picture = Image(Url("u"))
    messages, losses = write(
        Message(Role.TOOL, (ToolResult("a", (Text("see"), picture)),)),
        Message(Role.TOOL, (ToolResult("b", (Text("2"),), is_error=True),)),
        Message(Role.USER, (Text("so?"),)),
    )
    assert [message["role"] for message in messages] == ["tool", "tool", "user", "user"]
    assert messages[0]["content"] == "see"
    assert messages[2]["content"] == [{"type": "image_url", "image_url": {"url": "u"}}]
    assert losses == {"~messages[0].parts[0].content[1]", "messages[1].parts[0].is_error"}


def test_what_a_user_adds_to_results_comes_after_them():
    messages, _ = write(Message(Role.USER, (ToolResult("a", (Text("1"),)), Text("and?"))))
    assert messages == [
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "user", "content": "and?"},
    ]


def test_cache_markers_need_a_host_that_takes_them():
    marked = (
        Message(Role.USER, (Text("x", CacheHint()),)),
        Message(Role.ASSISTANT, (ToolCall("a", "f", "{}", cache=CacheHint()),)),
        Message(Role.TOOL, (ToolResult("a", (Text("1"),), cache=CacheHint("1h")),)),
    )
    messages, losses = write(*marked)
    assert messages[0]["content"] == "x"
    assert losses == {f"messages[{n}].parts[0].cache" for n in range(3)}
    messages, losses = write(*marked, target=endpoint(accepts=frozenset({"cache"})))
    assert losses == set()
    ephemeral = {"type": "ephemeral"}
    assert messages[0]["content"] == [{"type": "text", "text": "x", "cache_control": ephemeral}]
    assert messages[1]["tool_calls"][0]["cache_control"] == ephemeral
    assert messages[2]["content"][0]["cache_control"] == {**ephemeral, "ttl": "1h"}


def test_a_result_without_content_has_nothing_to_mark():
    empty = Message(Role.TOOL, (ToolResult("a", (), cache=CacheHint()),))
    assert write(empty, target=endpoint(accepts=frozenset({"cache"})))[1] == {
        "messages[0].parts[0].cache"
    }


def test_parts_that_nobody_can_say_leave_the_rest():
    odd = Opaque("other", "k", RAW)
    _, losses = assistant(Text("x"), odd, Reasoning("hm", field="content.thinking"))
    assert losses == {"messages[0].parts[1]"}
    messages, losses = write(Message(Role.TOOL, (ToolResult("a", (odd, Text("1"))),)))
    assert messages[0]["content"] == "1"
    assert losses == {"messages[0].parts[0].content[0]"}


def test_legacy_calls_and_results_stay_as_they_were():
    sent = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}, "content": None},
        {"role": "function", "name": "f", "content": "42"},
    ]
    assert built(parsed(messages=sent))[0]["messages"] == sent


def test_vendor_fields_return_to_their_places():
    sent = [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "x", "odd": 1},
                {"type": "image_url", "image_url": {"url": "u", "format": "png"}},
            ],
            "vendor": True,
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "a",
                    "type": "function",
                    "function": {"name": "f", "arguments": "{}"},
                    "extra_content": {"x": 1},
                }
            ],
        },
    ]
    assert built(parsed(messages=sent))[0]["messages"] == sent


PICTURE = {"type": "image_url", "image_url": {"url": "u", "format": "png"}}
BREAK = {"type": "text", "text": "x", "prompt_cache_breakpoint": {"mode": "explicit"}}
FILE = {"type": "file", "file": {"file_data": "https://u", "file_id": "f"}}


@pytest.mark.parametrize("role", ["user", "assistant", "tool"])
def test_a_field_of_the_only_text_stays_in_it(role):
    sent = [{"role": role, "content": [BREAK], **({"tool_call_id": "a"} if role == "tool" else {})}]
    body, losses = built(parsed(messages=sent))
    assert (body["messages"], losses) == (sent, set())


def test_fields_go_to_no_other_part_where_theirs_is_left_out():
    blind = endpoint(capabilities=frozenset())
    body, losses = built(parsed(messages=[{"role": "user", "content": [PICTURE, BREAK]}]), blind)
    assert body["messages"] == [{"role": "user", "content": [BREAK]}]
    field = "messages[0].extensions.openai_chat.content[0].image_url.format"
    assert losses == {"messages[0].parts[0]", field}


def test_a_field_whose_place_has_another_name_here_is_lost():
    target = endpoint(accepts=frozenset({"documents.url"}))
    body, losses = built(parsed(messages=[{"role": "user", "content": [FILE]}]), target)
    said = [{"type": "document_url", "document_url": "https://u"}]
    assert body["messages"] == [{"role": "user", "content": said}]
    assert losses == {"messages[0].extensions.openai_chat.content[0].file.file_id"}


def test_fields_and_parts_of_another_dialect_are_lost():
    extensions = {"other": {"a": RAW}}
    message = Message(Role.USER, (Text("x"), Opaque("other", "k", RAW)), extensions=extensions)
    messages, losses = write(message)
    assert messages == [{"role": "user", "content": "x"}]
    assert losses == {"messages[0].extensions.other.a", "messages[0].parts[1]"}


def test_a_prefill_is_marked_where_the_host_wants_it():
    last = Message(Role.ASSISTANT, (Text("so"),))
    target = endpoint(accepts=frozenset({"prefix"}))
    assert write(last, target=target)[0] == [{"role": "assistant", "content": "so", "prefix": True}]
    assert "prefix" not in write(last)[0][0]


def test_ids_of_calls_get_the_length_that_the_host_demands():
    target = endpoint(tool_id_length=9)
    messages, losses = write(
        Message(
            Role.ASSISTANT, (ToolCall("toolu_01", "f", "{}"), ToolCall("abcDEF123", "g", "{}"))
        ),
        Message(Role.TOOL, (ToolResult("toolu_01", (Text("1"),)),)),
        target=target,
    )
    first, second = (call["id"] for call in messages[0]["tool_calls"])
    assert len(first) == 9
    assert first.isalnum()
    assert messages[1]["tool_call_id"] == first
    assert second == "abcDEF123"
    assert losses == set()


def test_longer_ids_of_calls_than_the_host_takes_are_shortened_each_to_its_own():
    target = endpoint(limits=Limits(tool_id=40))
    ids = ("x" * 41, "x" * 42, "y" * 40)
    messages, _ = write(
        Message(Role.ASSISTANT, tuple(ToolCall(id_, "f", "{}") for id_ in ids)),
        *(Message(Role.TOOL, (ToolResult(id_, (Text("1"),)),)) for id_ in ids),
        target=target,
    )
    said = [call["id"] for call in messages[0]["tool_calls"]]
    assert [len(id_) for id_ in said] == [40, 40, 40]
    assert said[2] == ids[2]
    assert said == [message["tool_call_id"] for message in messages[1:]]
    assert len(set(said)) == 3


def test_audio_that_was_spoken_needs_its_id():
    message, losses = assistant(Audio(transcript="x"))
    assert (message["content"], losses) == (None, {"messages[0].parts[0]"})


def test_a_message_of_which_nothing_is_left_is_not_sent():
    opaque = Opaque("another", "x", msgspec.Raw(b"{}"))
    hello = Message(Role.USER, (Text("hello"),))
    said, lost = write(hello, Message(Role.ASSISTANT, (opaque,)), Message(Role.USER, (opaque,)))
    assert [message["content"] for message in said] == ["hello"]
    assert lost == {"messages[1].parts[0]", "messages[2].parts[0]"}
    assert [message["content"] for message in write(Message(Role.USER, (Text(""),)))[0]] == [""]


def test_a_custom_call_is_a_functions_where_one_stands_in_for_it():
    call = Message(Role.ASSISTANT, (ToolCall("c", "patch", "***", is_custom=True),))
    (custom,), _ = write(call)
    assert custom["tool_calls"][0]["custom"] == {"name": "patch", "input": "***"}
    (function,), lost = write(call, tools=(Tool("patch"),))
    assert lost == {"~messages[0].parts[0].arguments"}
    assert function["tool_calls"][0] == {
        "id": "c",
        "type": "function",
        "function": {"name": "patch", "arguments": '{"input":"***"}'},
    }
