"""The drill's client, against a real socket."""

import asyncio

import pytest

from understudy.cli.drill_client import ask_over
from understudy.dialects.catalog import DIALECTS
from understudy.shell.simulator import Simulator
from understudy.sim.listening import Ask, Heard
from understudy.sim.provider import Provider

PROMPT = "hello [tokens=12] [chunk=3]"


def heard(fault: str | None, patience: float = 5.0, *, stream: bool = True) -> Heard:
    async def talk() -> Heard:
        async with Simulator([Provider("p", "openai_chat")], DIALECTS) as simulator:
            await simulator.set_fault("p", fault)
            port = int(simulator.url("p").rpartition(":")[2])
            ask = Ask("m", "openai_chat", PROMPT, stream=stream)
            name, found = await ask_over(port, ask, patience)
            assert name == ""  # only the gateway gives names
            return found

    return asyncio.run(talk())


@pytest.mark.parametrize("stream", [True, False])
def test_a_whole_answer(stream):
    found = heard(None, stream=stream)
    assert found.complete
    assert found.is_exact
    assert found.first_content is not None
    assert found.began <= found.first_content <= found.ended


def test_a_cut_answer_lacks_tokens():
    found = heard("cut(after=2)")
    assert not found.complete
    assert found.missing_tokens > 0


def test_an_error_has_its_status_and_nobody_is_waited_for_too_long():
    assert heard("status(503)").status == 503
    assert heard("hang", patience=0.2).status == 0
    assert heard("refuse").status == 0
