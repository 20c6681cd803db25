"""`make agents`: real coding agents with their base URL pointed at Understudy.

Each is installed from its registry into build/agents, asked for one answer through a route whose
first target breaks off in mid-answer, and must print what a well provider would have said in full.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.system.processes import Simulators, gateway, simulators

from understudy.dialects.catalog import DIALECTS
from understudy.sim.provider import expected_answer

OUT = Path("build/agents").resolve()
KEY = "us-agents-0123456789abcdef"
NPM = ("@anthropic-ai/claude-code", "@openai/codex", "opencode-ai")
KINDS = {"openai_chat": ("openai-compatible", "/v1"), "anthropic_messages": ("anthropic", "")}
PROMPT = "say hello [tokens=30]"
CONFIG = """
[server]
listen = "127.0.0.1:0"
admin = "off"
log_format = "json"

[journal]
path = "journal.db"

[keys.agents]
key = "env:CALLER_KEY"

[defaults]
on_break = "resume"

{providers}
[routes.main]
targets = ["broken/m", "well/m"]
"""
PROVIDER = """
[providers.{name}]
kind = "{kind}"
base_url = "{url}"
auth = "none"
[providers.{name}.models.m]
max_output_tokens = 64000
capabilities = [
  "tools", "vision", "documents", "json_mode", "json_schema", "reasoning", "prefill", "streaming"]
"""


class Agent(NamedTuple):
    """`command` makes the command line and the environment for a gateway's URL."""

    name: str
    command: Callable[[str, Path], tuple[Sequence[str], dict[str, str]]]


def claude(url: str, folder: Path) -> tuple[Sequence[str], dict[str, str]]:  # noqa: ARG001
    environment = {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": KEY,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }
    return [_bin("claude"), "-p", PROMPT, "--model", "main"], environment


def codex(url: str, folder: Path) -> tuple[Sequence[str], dict[str, str]]:  # noqa: ARG001
    provider = {
        "model_provider": "understudy",
        "model_providers.understudy.name": "understudy",
        "model_providers.understudy.base_url": f"{url}/v1",
        "model_providers.understudy.env_key": "UNDERSTUDY_KEY",
        "model_providers.understudy.wire_api": "responses",
    }
    options = [word for name, value in provider.items() for word in ("-c", f'{name}="{value}"')]
    command = [_bin("codex"), "exec", "--skip-git-repo-check", "-m", "main", *options, PROMPT]
    return command, {"UNDERSTUDY_KEY": KEY}


def opencode(url: str, folder: Path) -> tuple[Sequence[str], dict[str, str]]:
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "Understudy",
        "options": {"baseURL": f"{url}/v1", "apiKey": KEY},
        "models": {"main": {"name": "main", "tool_call": True}},
    }
    config = {"provider": {"understudy": provider}, "autoupdate": False, "share": "disabled"}
    (folder / "opencode.json").write_text(json.dumps(config))
    environment = {"OPENCODE_DISABLE_MODELS_FETCH": "1"}
    return [_bin("opencode"), "run", "-m", "understudy/main", PROMPT], environment


def aider(url: str, folder: Path) -> tuple[Sequence[str], dict[str, str]]:  # noqa: ARG001
    command = [str(OUT / "aider/bin/aider"), "--model", "openai/main", "--message", PROMPT]
    options = ["--yes-always", "--no-git", "--no-check-update", "--no-show-model-warnings"]
    environment = {"OPENAI_API_BASE": f"{url}/v1", "OPENAI_API_KEY": KEY}
    return [*command, *options, "--analytics-disable"], environment


AGENTS = [Agent("claude", claude), Agent("codex", codex), Agent("opencode", opencode)]
AGENTS += [Agent("aider", aider)]


def main() -> int:
    """Returns the exit code: 1 where an agent did not hear the whole answer."""
    parser = argparse.ArgumentParser(prog="python -m agents", description=__doc__)
    parser.add_argument("agents", nargs="*", help="of: " + " ".join(a.name for a in AGENTS))
    wanted = set(parser.parse_args().agents)
    OUT.mkdir(parents=True, exist_ok=True)
    install(wanted)
    is_good = True
    for agent in AGENTS:
        if wanted and agent.name not in wanted:
            continue
        for dialect in KINDS:
            found = attempt(agent, dialect)
            is_good &= found.startswith("heard")
            print(f"{agent.name:10} behind {dialect:20} {found}", flush=True)
    return 0 if is_good else 1


def install(wanted: set[str]) -> None:
    """Fetch what is not there yet: three from npm, one from PyPI."""
    if shutil.which("npm") is None:
        sys.exit("npm is not installed (Debian: apt-get install nodejs npm)")
    if not (OUT / "node_modules").exists():
        print("installing the agents into build/agents (once; about a gigabyte) ...", flush=True)
        subprocess.run(["npm", "install", "--silent", "--prefix", str(OUT), *NPM], check=True)
    if (not wanted or "aider" in wanted) and not (OUT / "aider").exists():
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run([uv, "venv", "--quiet", str(OUT / "aider")], check=True)
        python = str(OUT / "aider/bin/python")
        subprocess.run([uv, "pip", "install", "-q", "--python", python, "aider-chat"], check=True)


def attempt(agent: Agent, dialect: str) -> str:
    """Run one agent against a broken provider and a well one; what it came to, in words."""
    with (
        tempfile.TemporaryDirectory(prefix=f"understudy-{agent.name}-") as name,
        simulators(Path(name), f"broken={dialect}:0", f"well={dialect}:0") as providers,
    ):
        providers.fault("broken", "cut(after=5)")
        config = Path(name) / "understudy.toml"
        with gateway(config, settings(dialect, providers), {"CALLER_KEY": KEY}) as running:
            work = Path(name) / "work"
            subprocess.run(["git", "init", "--quiet", str(work)], check=True)
            return verdict(agent, dialect, work, providers, running.url)


def verdict(agent: Agent, dialect: str, folder: Path, providers: Simulators, url: str) -> str:
    """Let it run in a folder and a home of its own, and look for the answer in what it prints."""
    command, environment = agent.command(url, folder)
    home = folder.with_name("home")
    home.mkdir()
    everything = {
        **os.environ,
        "HOME": str(home),
        "PWD": str(folder),
        "NO_COLOR": "1",
        **environment,
    }
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=everything,
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "MISSED: said nothing for two minutes"
    heard = " ".join(done.stdout.split())
    asked = providers.seen("broken", "say hello")
    answers = [expected_answer(DIALECTS[dialect], each["body"].encode()) for each in asked]
    if done.returncode != 0 or not any(" ".join(each.split()) in heard for each in answers):
        return f"MISSED: exit {done.returncode}, {(done.stderr or heard)[-300:]!r}"
    number = len(providers.seen("well", "say hello"))
    return f"heard it whole; asked the broken one {len(asked)} times, the well one {number} times"


def settings(dialect: str, providers: Simulators) -> str:
    kind, suffix = KINDS[dialect]
    found = ""
    for name, url in providers.urls.items():
        found += PROVIDER.format(name=name, kind=kind, url=url + suffix)
    return CONFIG.format(providers=found)


def _bin(name: str) -> str:
    return str(OUT / "node_modules/.bin" / name)


if __name__ == "__main__":
    sys.exit(main())
