"""The Vercel AI SDK (npm, `ai`) against the real gateway, with each of its providers.

The jobs of one client run in one process of Node, as an application's would.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.sdk.failing import BEFORE, MIDWAY, Case, failing
from tests.sdk.failing import KEY as FAILING_KEY
from tests.sdk.setting import KEY, Setting, expected_chat, user
from understudy.dialects.catalog import DIALECTS
from understudy.sim.provider import expected_answer

FOLDER = Path(__file__).parents[1] / "javascript"
CLIENTS = ["chat", "responses", "compatible", "anthropic", "google"]
ROUTES = {"chat": "openai_chat", "messages": "anthropic_messages"}

pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(120),
    pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed: 1 SDK unchecked"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client's packages, as locked, in a place of their own."""
    place = tmp_path_factory.mktemp("javascript")
    for name in ("package.json", "package-lock.json", "vercel.mjs"):
        shutil.copy(FOLDER / name, place)
    command = ["npm", "ci", "--silent", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=place, check=True, timeout=100)
    return place


def hear(
    folder: Path, url: str, jobs: list[dict[str, Any]], key: str = KEY
) -> list[dict[str, Any]]:
    """Let the SDK do the jobs; what it heard, in the same order."""
    asked = [{"url": url, "key": key, **job} for job in jobs]
    done = subprocess.run(
        ["node", "vercel.mjs"],
        cwd=folder,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("client", CLIENTS)
def test_every_provider_of_the_sdk_hears_every_dialect(
    folder: Path, setting: Setting, client: str
) -> None:
    jobs = [
        {"client": client, "kind": kind, "model": route, "prompt": f"{client} {kind} {route}"}
        for kind in ("generated", "streamed")
        for route in ROUTES
    ]
    for job, heard in zip(jobs, hear(folder, setting.url, jobs), strict=True):
        route = job["model"]
        (seen,) = setting.providers.seen(route, job["prompt"])
        expected = expected_answer(DIALECTS[ROUTES[route]], seen["body"].encode())
        assert heard.get("text") == expected, (job, heard)
        assert heard["finish"] == "stop"
        assert heard["usage"]["inputTokens"] > 0
        assert heard["usage"]["outputTokens"] > 0
        if job["kind"] == "streamed":
            assert heard["pieces"] > 10


@pytest.mark.parametrize("client", CLIENTS)
def test_tools_run_and_objects_have_their_shape(
    folder: Path, setting: Setting, client: str
) -> None:
    jobs = [
        {
            "client": client,
            "kind": kind,
            "model": route,
            "prompt": f"{client} {kind} {route} [tool=weather]",
        }
        for kind in ("called", "shaped")
        for route in ROUTES
    ]
    for job, heard in zip(jobs, hear(folder, setting.url, jobs), strict=True):
        if job["kind"] == "called":
            assert heard.get("steps") == 2, (job, heard)
            (call,) = heard["calls"]
            assert call["toolName"] == "weather"
            city, days = call["input"]["city"], call["input"]["days"]
            assert heard["results"] == [f"rain in {city} for {days} days"]
            assert heard["finish"] == "tool-calls"
        else:
            assert heard.get("object", {}).keys() == {"name", "inhabitants", "rivers"}, (job, heard)


@pytest.mark.parametrize("client", CLIENTS)
def test_an_error_comes_in_the_form_that_the_sdk_reads(
    folder: Path, setting: Setting, client: str
) -> None:
    job = {"client": client, "kind": "generated", "model": "nowhere", "prompt": "x"}
    (heard,) = hear(folder, setting.url, [job])
    assert heard["error"] == "AI_APICallError"
    assert heard["status"] == 404
    assert "no route is named 'nowhere'" in heard["message"]


def test_another_provider_answers_or_goes_on(folder: Path, tmp_path: Path) -> None:
    """Refused, out of order, broken in mid-answer: the application hears the whole answer."""
    wanted = {"refused", "status_503", "cut_rst", "cut_fin", "error_midway"}
    troubles = [each for each in (*BEFORE, *MIDWAY) if each.name in wanted]
    cases = [
        Case(trouble, stream=True, on_break="resume", spare="messages") for trouble in troubles
    ]
    with failing(tmp_path, "chat", cases) as world:
        world.earn()
        jobs = [
            {"client": client, "kind": "streamed", "model": case.name, "prompt": case.prompt}
            for case, client in zip(cases, CLIENTS, strict=True)
        ]
        heard = hear(folder, world.url, jobs, FAILING_KEY)
        for case, said in zip(cases, heard, strict=True):
            assert said["text"] == expected_chat(user(case.prompt)), (case, said)
            assert world.met(case, "chat")
