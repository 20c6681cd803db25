"""World: a real gateway comes up before the simulated providers, and goes without a trace."""

import asyncio
import socket

import pytest

pytest.importorskip("openai")
pytest.importorskip("anthropic")

from understudy.cli import demo_apps, demo_world
from understudy.cli.demo_world import LAB_A, LAB_B, TOKENS, CannotStart, open_world


def test_comes_up_and_leaves_nothing_behind():
    async def scene() -> tuple[bool, int]:
        async with open_world() as world:
            port = int(world.gateway.rpartition(":")[2])
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            await world.stop()
            return "serving" in world.log.read_text(), port

    has_served, port = asyncio.run(scene())
    assert has_served
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


@pytest.mark.parametrize(
    ("application", "route", "lab"),
    [("OpenAIApplication", "assistant", LAB_A), ("AnthropicApplication", "writer", LAB_B)],
)
def test_an_answer_cut_after_any_token_goes_on_exactly_there(application, route, lab):
    prompt = "Go on [words=wide] [rate=400] [delay=0.2]"
    cuts = [f"cut(after={k}, skip={k}, times=1)" for k in range(TOKENS)]

    async def heard(talking: demo_apps.Application) -> str:
        said: list[str] = []
        await talking.stream(prompt, said.append)
        return "".join(said)

    async def scene() -> list[str]:
        async with open_world() as world:
            talking = getattr(demo_apps, application)(world.gateway, route)
            await world.simulator.set_fault(lab, "+".join(cuts))
            answers = await asyncio.gather(*(heard(talking) for _ in cuts))
            await talking.close()
            return answers

    assert set(asyncio.run(scene())) == {demo_apps.expected("stream", prompt)}


def test_says_what_the_gateway_said_when_it_does_not_start(monkeypatch):
    monkeypatch.setattr(demo_world, "_CONFIG", "[server]\nlisten = {port}\n# {journal}\n")

    async def scene() -> None:
        async with open_world():
            pass

    with pytest.raises(CannotStart, match="did not start"):
        asyncio.run(scene())
