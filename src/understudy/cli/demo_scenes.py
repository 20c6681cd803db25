"""The demo's scenes: what is asked, who is killed when, what came of it. Prints nothing."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence

import msgspec

from understudy.cli.demo_apps import (
    AnthropicApplication,
    Application,
    OpenAIApplication,
    expected,
)
from understudy.cli.demo_check import Verdict, compare
from understudy.cli.demo_world import DIRECT, LAB_A, LAB_B, TOKENS, World

GATEWAY, DIRECTLY = "understudy", "direct"
SAMPLE_EVERY = 0.14
"""Seconds between two looks at who is speaking: one cell of the picture."""

PATIENCE = 10.0
"""Seconds after which an application gives a conversation up."""

_HOME = {"openai": LAB_A, "anthropic": LAB_B}
_ROUTE = {"openai": "assistant", "anthropic": "writer"}
_KINDS = ("stream", "stream", "whole", "tool")
_MID_ANSWER = TOKENS // 3
_EARLY = 0.15


class Talk(msgspec.Struct):
    """One conversation of an application: what it should hear, and what it did."""

    scene: int
    sdk: str
    kind: str
    via: str
    prompt: str
    expected: str
    heard: str = ""
    started: float = 0.0
    last: float = 0.0
    silence: float = 0.0
    ended: float | None = None
    error: str | None = None

    @property
    def verdict(self) -> Verdict:
        return compare(self.expected, self.heard)

    @property
    def is_complete(self) -> bool:
        return self.error is None and self.ended is not None and self.heard == self.expected

    def hear(self, text: str) -> None:
        """Take what came, and note how long it was quiet before."""
        if not text:
            return
        now = time.monotonic()
        self.silence = max(self.silence, now - self.last)
        self.last = now
        self.heard += text


class Mark(msgspec.Struct, frozen=True):
    """Something that happened to a provider, in seconds since the beginning."""

    at: float
    provider: str
    what: str


class Show(msgspec.Struct):
    """Everything that there is to see so far. `spoken` has one row of cells for each provider."""

    began: float
    talks: list[Talk] = []
    marks: list[Mark] = []
    scenes: list[tuple[float, str]] = []
    spoken: dict[str, list[bool]] = {}
    dead: set[str] = set()

    @property
    def now(self) -> float:
        return time.monotonic() - self.began


class Scene(msgspec.Struct, frozen=True):
    title: str
    story: str


SCENES = (
    Scene("all is well", "Two applications, each with its own lab."),
    Scene("killed before the first token", "Lab A dies while answers are awaited."),
    Scene("killed in mid-answer", "Lab A is back; Lab B dies in mid-sentence."),
    Scene("gone for good", "Both labs are dead; our own model is left."),
)


async def perform(world: World, show: Show, changed: Callable[[], None]) -> None:
    """Play all scenes, through the gateway and directly at once, under the same failures."""
    applications = _applications(world)
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(_watch(world, show))
        stage = Stage(world, show, applications, changed)
        await stage.play(0, None)
        await stage.play(1, stage.kill_early)
        await stage.revive(LAB_A)
        await stage.play(2, stage.kill_in_mid_answer)
        await stage.kill(LAB_A)
        await stage.play(3, None)
        watching.cancel()
    for application in applications.values():
        await application.close()


class Stage:
    """Plays one scene after the other."""

    def __init__(
        self,
        world: World,
        show: Show,
        applications: dict[tuple[str, str], Application],
        changed: Callable[[], None],
    ) -> None:
        self._world = world
        self._show = show
        self._applications = applications
        self._changed = changed
        self._waits_for: list[Talk] = []
        self._is_mid_answer = asyncio.Event()

    async def play(self, number: int, meanwhile: Callable[[Sequence[Talk]], object] | None) -> None:
        """Start all conversations of a scene together, and hear them to their ends."""
        self._show.scenes.append((self._show.now, SCENES[number].title))
        talks = [
            _talk(number, sdk, kind, via, place)
            for via in (GATEWAY, DIRECTLY)
            for sdk in _HOME
            for place, kind in enumerate(_KINDS)
        ]
        self._show.talks.extend(talks)
        self._changed()
        async with asyncio.TaskGroup() as group:
            for talk in talks:
                group.create_task(self._converse(talk))
            if meanwhile is not None:
                waiting = meanwhile(talks)
                assert asyncio.iscoroutine(waiting)
                group.create_task(waiting)
        self._changed()

    async def kill_early(self, talks: Sequence[Talk]) -> None:
        del talks
        await asyncio.sleep(_EARLY)
        await self.kill(LAB_A)

    async def kill_in_mid_answer(self, talks: Sequence[Talk]) -> None:
        self._waits_for = [talk for talk in talks if (talk.kind, talk.via) == ("stream", GATEWAY)]
        self._is_mid_answer.clear()
        await self._is_mid_answer.wait()
        self._waits_for = []
        await self.kill(LAB_B)

    async def kill(self, provider: str) -> None:
        await self._world.simulator.kill(provider)
        self._show.dead.add(provider)
        self._show.marks.append(Mark(self._show.now, provider, "killed"))
        self._changed()

    async def revive(self, provider: str) -> None:
        await self._world.simulator.revive(provider)
        self._show.dead.discard(provider)
        self._show.marks.append(Mark(self._show.now, provider, "revived"))
        self._changed()

    async def _converse(self, talk: Talk) -> None:
        application = self._applications[talk.sdk, talk.via]
        talk.started = talk.last = time.monotonic()

        def hear(text: str) -> None:
            talk.hear(text)
            self._notice()

        said = getattr(application, talk.kind)(talk.prompt, hear)
        within = asyncio.wait_for(said, PATIENCE)
        # Whatever an SDK raises is what its user would see.
        results: list[object] = await asyncio.gather(within, return_exceptions=True)
        error = results[0]
        if isinstance(error, BaseException):
            talk.error = f"{type(error).__name__}: {error}"[:200]
        talk.ended = time.monotonic()
        talk.silence = max(talk.silence, talk.ended - talk.last)
        self._notice()
        self._changed()

    def _notice(self) -> None:
        """Say so when all streams that are waited for have come so far (or ended before)."""
        if self._waits_for and all(
            talk.ended or len(talk.heard.split()) >= _MID_ANSWER for talk in self._waits_for
        ):
            self._is_mid_answer.set()


async def _watch(world: World, show: Show) -> None:
    """Note who speaks to the gateway, cell by cell."""
    names = world.simulator.names()
    before = dict.fromkeys(names, 0)
    show.spoken = {name: [] for name in names}
    with contextlib.suppress(asyncio.CancelledError):
        while True:
            for name in names:
                sent = sum(
                    seen.sent_bytes
                    for seen in world.simulator.seen(name)
                    if DIRECT.encode() not in seen.body
                )
                show.spoken[name].append(sent > before[name])
                before[name] = sent
            # By the clock, so that a cell stands for the same moment in every row and mark.
            await asyncio.sleep(len(show.spoken[names[0]]) * SAMPLE_EVERY - show.now)


def _applications(world: World) -> dict[tuple[str, str], Application]:
    """Through the gateway the SDKs may not retry: they would cover up what it failed to do."""
    urls = world.simulator.urls()
    return {
        ("openai", GATEWAY): OpenAIApplication(world.gateway, _ROUTE["openai"], 0),
        ("openai", DIRECTLY): OpenAIApplication(urls[LAB_A], DIRECT),
        ("anthropic", GATEWAY): AnthropicApplication(world.gateway, _ROUTE["anthropic"], 0),
        ("anthropic", DIRECTLY): AnthropicApplication(urls[LAB_B], DIRECT),
    }


def _talk(number: int, sdk: str, kind: str, via: str, place: int) -> Talk:
    words = {
        "stream": "Tell me a long story",
        "whole": "Sum it up for me",
        "tool": "What is the weather? [tool=weather]",
    }
    prompt = f"{words[kind]} ({sdk}, scene {number + 1}, {place + 1})"
    return Talk(number, sdk, kind, via, prompt, expected(kind, prompt))
