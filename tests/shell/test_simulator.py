"""Every fault over real sockets, as a client without any library sees it."""

import asyncio
import json
from typing import Any

import pytest
import uvloop

from tests.shell.raw_client import TOY, Heard, address, ask, asked, simulator
from understudy.shell.simulator import Seen, UnknownProvider
from understudy.sim.fault_text import FaultError
from understudy.sim.provider import expected_answer


def with_fault(fault: str, body: bytes, **fields: Any) -> Heard:
    async def scene() -> Heard:
        async with simulator(**fields) as sim:
            await sim.set_fault("a", fault)
            return await ask(sim.url("a"), body)

    return uvloop.run(scene())


def test_says_the_answer_that_was_expected_token_by_token():
    async def scene() -> tuple[Heard, Heard]:
        async with simulator() as sim:
            stream = await ask(sim.url("a"), asked("hello [tokens=30]"))
            return stream, await ask(sim.url("a"), asked("hello [tokens=30]", stream=False))

    stream, whole = asyncio.run(scene())
    expected = expected_answer(TOY, asked("hello [tokens=30]"))
    assert len(expected) == 30 * 4
    assert stream.end == whole.end == "fin"
    assert len(stream.texts) == 30
    assert "".join(stream.texts) == expected
    assert stream.data.endswith(b"0\r\n\r\n")
    assert json.loads(whole.body)["text"] == expected


def test_refuse_is_a_refused_connection():
    assert with_fault("refuse", asked("hello")).end == "refused"


def test_a_refusal_that_is_not_sure_resets_at_accept():
    heard = with_fault("refuse(times=1)", asked("hello"))
    assert (heard.status, heard.end) == (0, "rst")


@pytest.mark.parametrize(("how", "end"), [("rst", "rst"), ("fin", "fin")])
def test_drop_reads_the_request_and_says_nothing(how, end):
    heard = with_fault(f"drop(how={how})", asked("hello"))
    assert (heard.status, heard.end) == (0, end)


def test_hang_never_answers():
    heard = with_fault("hang", asked("hello"))
    assert (heard.status, heard.end) == (0, "quiet")


@pytest.mark.parametrize("stream", [True, False])
def test_silence_is_headers_and_nothing_more(stream):
    heard = with_fault("silence", asked("hello", stream=stream))
    assert (heard.status, heard.data, heard.end) == (200, b"", "quiet")


def test_silence_may_go_on_with_comments():
    heard = with_fault("silence(comments=0.05)", asked("hello"))
    assert heard.end == "quiet"
    assert heard.body.count(b": keep-alive\n\n") > 10
    assert heard.texts == []


@pytest.mark.parametrize(("how", "end"), [("rst", "rst"), ("fin", "fin")])
def test_cut_ends_after_so_much_content(how, end):
    heard = with_fault(f"cut(after=5, how={how})", asked("hello"))
    expected = expected_answer(TOY, asked("hello"))
    assert (heard.status, heard.end) == (200, end)
    assert "".join(heard.texts) == expected[:20]
    assert not heard.data.endswith(b"0\r\n\r\n")


def test_cut_of_a_whole_answer_leaves_less_than_was_announced():
    heard = with_fault("cut(after=5)", asked("hello", stream=False))
    assert heard.end == "rst"
    assert 0 < len(heard.data) < int(heard.headers["content-length"])


def test_stall_stops_and_keeps_the_connection():
    heard = with_fault("stall(after=3)", asked("hello"))
    assert (len(heard.texts), heard.end) == (3, "quiet")


def test_trickle_sends_single_bytes():
    heard = with_fault("trickle(every=0.01)", asked("hello [tokens=2]"), rate=0)
    assert heard.end == "fin"
    assert len(heard.times) > 40
    assert "".join(heard.texts) == expected_answer(TOY, asked("hello [tokens=2]"))


def test_in_stream_error_follows_so_much_content():
    heard = with_fault("in_stream_error(after=2)", asked("hello"))
    assert (len(heard.texts), heard.end) == (2, "fin")
    assert b"event: error\n" in heard.body
    assert b"event: end\n" not in heard.body


def test_malformed_puts_broken_json_in_the_place_of_content():
    heard = with_fault("malformed(after=2)", asked("hello [tokens=6]"))
    assert len(heard.texts) == 5
    assert b'"content":"\n\n' in heard.body
    assert heard.end == "fin"


def test_missing_terminator_ends_well_without_an_end():
    heard = with_fault("missing_terminator", asked("hello"))
    assert heard.end == "fin"
    assert heard.data.endswith(b"0\r\n\r\n")
    assert b"event: end" not in heard.body
    assert "".join(heard.texts) == expected_answer(TOY, asked("hello"))


def test_slow_first_token_holds_up_the_content_but_not_the_head():
    heard = with_fault("slow_first_token(delay=0.15)", asked("hello"))
    assert heard.times[1] - heard.times[0] > 0.1
    assert heard.end == "fin"


def test_status_is_said_in_the_dialect():
    heard = with_fault("status(503, message='gone fishing')", asked("hello"))
    assert heard.status == 503
    assert json.loads(heard.body)["why"] == "gone fishing"


def test_row_shows_the_example_of_the_taxonomy():
    heard = with_fault("row(anthropic.529, retry_after=7)", asked("hello"))
    assert heard.status == 529
    assert heard.headers["retry-after"] == "7"
    assert json.loads(heard.body)["error"]["type"] == "overloaded_error"


def test_html_200_is_a_page():
    heard = with_fault("html_200", asked("hello"))
    assert heard.status == 200
    assert heard.headers["content-type"].startswith("text/html")


def test_json_error_200_is_an_error_under_a_good_status():
    heard = with_fault("json_error_200(message=oops)", asked("hello"))
    assert heard.status == 200
    assert json.loads(heard.body)["why"] == "oops"


def test_empty_says_nothing_and_ends_well():
    heard = with_fault("empty", asked("hello"))
    assert (heard.texts, heard.end) == ([], "fin")
    assert b"event: end\n" in heard.body


def test_truncated_json_has_the_length_that_it_says():
    heard = with_fault("truncated_json", asked("hello", stream=False))
    assert int(heard.headers["content-length"]) == len(heard.body)
    with pytest.raises(json.JSONDecodeError):
        json.loads(heard.body)


def test_wrong_length_says_more_than_there_is():
    heard = with_fault("wrong_length", asked("hello", stream=False))
    assert int(heard.headers["content-length"]) == len(heard.data) + 10
    assert heard.end == "fin"


def test_bad_chunk_breaks_the_framing_of_http():
    heard = with_fault("bad_chunk(after=1)", asked("hello"))
    assert heard.data.endswith(b"not a chunk size\r\n")


def test_redirect_names_another_place():
    heard = with_fault("redirect(location='http://127.0.0.1:9/x')", asked("hello"))
    assert (heard.status, heard.headers["location"]) == (307, "http://127.0.0.1:9/x")


def test_flap_comes_and_goes():
    async def scene() -> list[str]:
        async with simulator() as sim:
            await sim.set_fault("a", "flap(up=0.3, down=0.3)")
            ends = [(await ask(sim.url("a"), asked("hello [tokens=1]"))).end]
            await asyncio.sleep(0.4)
            ends.append((await ask(sim.url("a"), asked("hello [tokens=1]"))).end)
            await asyncio.sleep(0.3)
            ends.append((await ask(sim.url("a"), asked("hello [tokens=1]"))).end)
            return ends

    assert asyncio.run(scene()) == ["fin", "refused", "fin"]


def test_a_fault_may_meet_only_the_first_requests():
    async def scene() -> list[int]:
        async with simulator() as sim:
            await sim.set_fault("a", "status(500, skip=1, times=2)")
            return [(await ask(sim.url("a"), asked("hello"))).status for _ in range(4)]

    assert asyncio.run(scene()) == [200, 500, 500, 200]


def test_a_probability_is_drawn_from_the_seed():
    async def scene() -> list[int]:
        async with simulator() as sim:
            await sim.set_fault("a", "status(500, p=0.5)")
            return [(await ask(sim.url("a"), asked("hello"))).status for _ in range(20)]

    first, second = asyncio.run(scene()), asyncio.run(scene())
    assert first == second
    assert {200, 500} == set(first)


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_kill_resets_answers_and_refuses_until_revived(run):
    async def scene() -> tuple[Heard, str, str]:
        async with simulator(rate=100) as sim:
            talking = asyncio.ensure_future(ask(sim.url("a"), asked("hello [tokens=90]")))
            await asyncio.sleep(0.2)
            await sim.kill("a")
            cut = await talking
            dead = (await ask(sim.url("a"), asked("hello"))).end
            await sim.revive("a")
            return cut, dead, (await ask(sim.url("a"), asked("hello [tokens=2]"))).end

    cut, dead, back = run(scene())
    assert cut.end == "rst"
    assert 5 < len(cut.texts) < 40
    assert (dead, back) == ("refused", "fin")


def test_may_be_killed_and_revived_by_several_at_once():
    async def scene() -> str:
        async with simulator() as sim:
            for _ in range(20):
                await asyncio.gather(sim.kill("a"), sim.revive("a"), sim.revive("a"))
                await asyncio.gather(sim.revive("a"), sim.set_fault("a", None), sim.kill("a"))
            await sim.revive("a")
            return (await ask(sim.url("a"), asked("hello [tokens=2]"))).end

    assert asyncio.run(scene()) == "fin"


def test_the_log_says_what_came_and_who_left_before_the_end():
    async def scene() -> tuple[Seen, ...]:
        async with simulator(rate=20) as sim:
            await ask(sim.url("a"), asked("hello [tokens=1]"))
            reader, writer = await asyncio.open_connection(*address(sim.url("a")))
            body = asked("go on [tokens=90]")
            writer.write(b"POST /toy HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
            await reader.read(100)
            writer.close()
            await asyncio.sleep(0.1)
            return tuple(sim.seen("a"))

    whole, left = asyncio.run(scene())
    assert (whole.method, whole.path, whole.body) == ("POST", "/toy", asked("hello [tokens=1]"))
    assert whole.ended_at is not None
    assert whole.cancelled_at is None
    assert left.cancelled_at is not None
    assert 0 < left.sent_bytes < 1000


def test_unknown_providers_and_faults_are_named():
    async def scene() -> None:
        async with simulator() as sim:
            with pytest.raises(UnknownProvider, match="no provider 'b'"):
                await sim.set_fault("b", "hang")
            with pytest.raises(FaultError, match="did you mean 'refuse'"):
                await sim.set_fault("a", "refuses")
            with pytest.raises(FaultError, match=r"did you mean 'openai\.429\.rpm'"):
                await sim.set_fault("a", "row(openai.429.rpn)")

    asyncio.run(scene())
