import pytest
from tests.dialects.openai_chat.talk import DONE, body, chunk, end, failure, streamed, whole

from understudy.chat.events import PartKind, StopReason
from understudy.chat.response import Response, fold


def called(*deltas, finish: str = "tool_calls") -> list[tuple[str, str, str]]:
    frames = [chunk({"tool_calls": list(items)}) for items in deltas]
    return calls(fold(streamed(*frames, end(finish), DONE)))


def calls(response: Response) -> list[tuple[str, str, str]]:
    assert all(piece.start.kind is PartKind.TOOL_CALL for piece in response.pieces)
    assert response.stop is StopReason.TOOL_CALLS
    return [(p.start.id or "", p.start.name or "", p.text) for p in response.pieces]


def call(arguments="", name=None, id=None, **fields):  # noqa: A002
    function = {"arguments": arguments} if name is None else {"name": name, "arguments": arguments}
    given = {} if id is None else {"id": id}
    return {**given, **fields, "function": function}


def test_arguments_come_in_pieces():
    assert called(
        [call("", "f", "a", index=0)], [call('{"x"', index=0)], [call(":1}", index=0)]
    ) == [("a", "f", '{"x":1}')]


def test_calls_come_whole_without_an_index():
    assert called([call('{"x":1}', "f", "a"), call("{}", "g", "b")]) == [
        ("a", "f", '{"x":1}'),
        ("b", "g", "{}"),
    ]


def test_pieces_without_an_index_belong_to_their_id_or_the_last_call():
    assert called(
        [call('{"x"', "f", "a")], [call(":1", id="a")], [call("}")], [call("{}", "g", "b")]
    ) == [("a", "f", '{"x":1}'), ("b", "g", "{}")]


def test_an_id_and_name_repeated_change_nothing():
    assert called([call('{"x"', "f", "a", index=0)], [call(":1}", "f", "a", index=0)]) == [
        ("a", "f", '{"x":1}')
    ]


def test_every_call_numbered_0_is_still_its_own():
    assert called([call("{}", "f", "a", index=0)], [call("{}", "g", "b", index=0)]) == [
        ("a", "f", "{}"),
        ("b", "g", "{}"),
    ]


def test_calls_may_alternate():
    assert called(
        [call('{"x"', "f", "a", index=0), call('{"y"', "g", "b", index=1)],
        [call(":1}", index=0), call(":2}", index=1)],
    ) == [("a", "f", '{"x":1}'), ("b", "g", '{"y":2}')]


def test_a_name_may_come_late():
    assert called([call("{", id="a", index=0)], [call("}", "f", index=0)]) == [("a", "f", "{}")]


def test_a_call_without_a_name_is_none():
    found = streamed(chunk({"tool_calls": [call("{}", id="a", index=0)]}), end("tool_calls"), DONE)
    assert failure(found).flag == "empty_200"


def test_a_missing_id_is_made_up_and_differs():
    found = called([call("{}", "f", index=0)], [call("{}", "g", index=1, id="")])
    ids = {id_ for id_, _, _ in found}
    assert len(ids) == 2
    assert all(id_.startswith("call_c1_") for id_ in ids)


@pytest.mark.parametrize(("sent", "text"), [({"x": 1}, '{"x":1}'), (None, ""), ('"', '"')])
def test_arguments_may_be_a_value(sent, text):
    assert called([call(sent, "f", "a", index=0)]) == [("a", "f", text)]


def test_braces_alone_complete_nothing():
    assert called(
        [call('{"x": {}', "f", "a", index=0)], [call("{}", "g", "b", index=1)], [call("}", index=0)]
    ) == [("a", "f", '{"x": {}}'), ("b", "g", "{}")]


def test_numeric_ids_are_read():
    assert called([call("{}", "f", 7, index=0)]) == [("7", "f", "{}")]


def test_custom_calls_take_free_text():
    item = {"index": 0, "id": "a", "type": "custom", "custom": {"name": "sh", "input": "ls"}}
    more = {"index": 0, "custom": {"input": " -l"}}
    response = fold(
        streamed(chunk({"tool_calls": [item]}), chunk({"tool_calls": [more]}), end(), DONE)
    )
    assert calls(response) == [("a", "sh", "ls -l")]
    assert response.pieces[0].start.is_custom


def test_a_blank_custom_tool_beside_a_function_is_none():
    item = call("{}", "f", "a", index=0, type="function", custom={"name": "", "input": ""})
    assert called([item]) == [("a", "f", "{}")]


@pytest.mark.parametrize("finish", ["function_call", "stop"])
def test_legacy_function_calls_are_read(finish):
    streamed_ = fold(
        streamed(
            chunk({"function_call": {"name": "f", "arguments": ""}}),
            chunk({"function_call": {"arguments": "{}"}}),
            end(finish),
            DONE,
        )
    )
    said = {"content": None, "function_call": {"name": "f", "arguments": "{}"}}
    for response in (streamed_, fold(whole(body(said, finish)))):
        assert calls(response) == [("call_c1_0", "f", "{}")]
        assert response.pieces[0].start.field == "function_call"


def test_an_empty_function_call_is_none():
    said = {"content": "x", "function_call": {"name": "", "arguments": ""}}
    assert fold(whole(body(said))).text == "x"


def test_vendor_fields_of_a_call_are_kept():
    item = call("{}", "f", "a", index=0, extra_content={"google": {"thought_signature": "s"}})
    response = fold(streamed(chunk({"tool_calls": [item]}), end(), DONE))
    assert dict(response.pieces[0].fields or {}).keys() == {"openai_chat.extra_content"}


def test_text_ends_before_a_call_begins():
    frames = [chunk({"content": "ok"}), chunk({"tool_calls": [call("{}", "f", "a", index=0)]})]
    found = [type(event).__name__ for event in streamed(*frames, end("tool_calls"), DONE)]
    assert found == [
        "Started",
        "PartStarted",
        "PartDelta",
        "PartEnded",
        "PartStarted",
        "PartDelta",
        "PartEnded",
        "Finished",
    ]


def test_a_complete_call_ends_when_the_next_begins():
    frames = [
        chunk({"tool_calls": [call("{}", "f", "a", index=0)]}),
        chunk({"tool_calls": [call("", "g", "b", index=1)]}),
        chunk({"tool_calls": [call("{}", index=1)]}),
    ]
    found = [type(event).__name__ for event in streamed(*frames, end("tool_calls"), DONE)]
    assert found == [
        "Started",
        "PartStarted",
        "PartDelta",
        "PartEnded",
        "PartStarted",
        "PartDelta",
        "PartEnded",
        "Finished",
    ]
