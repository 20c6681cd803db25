"""T10, leaks: twenty secrets go through a real process, and no output of it shows one."""

import asyncio
import contextlib
import json
import secrets
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.security.hosting import Host, Script, answer, completion, saying
from tests.system.processes import Gateway, Program, free_port, http_request

PLACES = (
    *("environment key", "file key", "third key", "admin key", "caller key", "second caller key"),
    *("wrong key", "wrong x-api-key", "key in a query", "key as a cookie"),
    *("key of a basic login", "own key quoted in an error", "own key quoted in a stream"),
    *("prompt", "system prompt", "recorded prompt", "recorded tool argument", "answer"),
    *("pasted key", "key in a path"),
)
CONFIG = """\
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:{admin}"
log_format = "json"
drain = 2
[journal]
path = {journal}
redact = ["marked-[a-z]+-[0-9a-f]+"]
[keys.first]
key = "env:CALLER_KEY"
[keys.second]
key = "env:SECOND_KEY"
routes = ["plain"]
[providers.one]
kind = "openai-compatible"
base_url = "http://127.0.0.1:{one}/v1"
key = "env:ONE_KEY"
[providers.two]
kind = "openai-compatible"
base_url = "http://127.0.0.1:{two}/v1"
key = "file:{folder}/two.key"
[providers.three]
kind = "openai-compatible"
base_url = "http://127.0.0.1:{three}/v1"
key = "env:THREE_KEY"
[routes.plain]
targets = ["one/m", "two/m", "three/m"]
[routes.kept]
targets = ["one/m", "two/m", "three/m"]
record = true
"""


class Canaries:
    """A secret for each place, all different, none like a word."""

    def __init__(self) -> None:
        marked = {"recorded prompt", "recorded tool argument", "answer"}
        self.by_place = {
            place: f"{'marked-canary-' if place in marked else 'sk-canary'}{secrets.token_hex(12)}"
            for place in PLACES
        }

    def __getitem__(self, place: str) -> str:
        return self.by_place[place]

    def in_(self, data: bytes) -> set[str]:
        """The places whose secret is in some output: as it is, or in base64 or hexadecimal."""
        return {
            place
            for place, text in self.by_place.items()
            if any(form in data for form in (text.encode(), text.encode().hex().encode()))
        }


def quoting(birds: Canaries) -> Script:
    """A provider that quotes the key it was sent, as some do, in whatever way is asked for."""

    async def script(asked: bytes, writer: asyncio.StreamWriter) -> None:
        key = asked.partition(b"authorization: Bearer ")[2].partition(b"\r\n")[0].decode()
        told = json.dumps({"error": {"message": f"incorrect key {key}", "code": "invalid_api_key"}})
        if b"[401]" in asked:
            data = answer(told.encode(), status=401)
        elif b"[500]" in asked:
            data = answer(f"<html>{key}</html>".encode(), status=500, kind="text/html")
        elif b"[stream]" in asked:
            data = answer(f"data: {told}\n\n".encode(), kind="text/event-stream")
        elif b"[400]" in asked:
            data = answer(told.encode(), status=400)
        elif b"[odd]" in asked:
            data = f"HTTP/1.1 200 {key}\r\n{key} : x\r\n\r\n".encode()
        else:
            data = answer(completion(f"hello {birds['answer']}"))
        await saying(data)(asked, writer)

    return script


def requests(birds: Canaries, port: int) -> list[tuple[str, dict[str, str], dict[str, Any]]]:
    """Path, header fields and body of what is sent."""
    key = {"authorization": f"Bearer {birds['caller key']}"}
    second = {"x-api-key": birds["second caller key"]}
    path = "/v1/chat/completions"
    found: list[tuple[str, dict[str, str], dict[str, Any]]] = []
    for how in ("", "[401]", "[500]", "[stream]", "[400]", "[odd]"):
        for fields in (key, second):
            for stream in (False, True):
                messages = [
                    {"role": "system", "content": birds["system prompt"]},
                    {"role": "user", "content": f"{birds['prompt']} {how}"},
                ]
                body = {"model": "plain", "messages": messages, "stream": stream}
                found.append((path, fields, body))
        call = {"name": "f", "arguments": json.dumps({"a": birds["recorded tool argument"]})}
        calls = [{"id": "t", "type": "function", "function": call}]
        kept = [
            {"role": "user", "content": f"{birds['recorded prompt']} {how}"},
            {"role": "assistant", "content": None, "tool_calls": calls},
            {"role": "tool", "tool_call_id": "t", "content": birds["recorded prompt"]},
        ]
        found.append((path, key, {"model": "kept", "messages": kept}))
    hello = {"model": "plain", "messages": [{"role": "user", "content": "hi"}]}
    found += [
        (path, {"authorization": f"Bearer {birds['wrong key']}"}, hello),
        (path, {"x-api-key": birds["wrong x-api-key"]}, hello),
        (f"{path}?api_key={birds['key in a query']}", {}, hello),
        (f"{path}?key={birds['key in a query']}", key, hello),
        (path, key | {"cookie": f"key={birds['key as a cookie']}"}, hello),
        (path, {"authorization": f"Basic {birds['key of a basic login']}"}, hello),
        (f"/v1/{birds['key in a path']}", key, hello),
        (path, key, {"model": "nothing", "messages": []}),
        (path, second, {"model": "kept", "messages": []}),
    ]
    return found


def told(command: list[str], environment: dict[str, str], log: Path) -> bytes:
    """All that a command says."""
    program = Program(command, log, environment)
    assert program.process.stdout is not None
    said = program.process.stdout.read()
    program.wait()
    return said + log.read_bytes()


def commands(folder: Path, pasted: Path) -> list[list[str]]:
    config, journal = str(folder / "understudy.toml"), str(folder / "journal.db")
    return [
        ["check", "-c", config],
        ["check", "-c", config, "--json"],
        ["explain", "plain", "-c", config],
        ["explain", "plain", "-c", config, "--json"],
        ["journal", "--journal", journal, "tail", "-n", "1000"],
        ["journal", "--journal", journal, "tail", "-n", "1000", "--json"],
        ["journal", "--journal", journal, "stats"],
        ["check", "-c", str(pasted)],
        ["serve", "-c", str(pasted)],
    ]


def dumped(journal: Path) -> bytes:
    """All that is in the journal, cell by cell: a page of the file may cut a text in two."""
    cells: list[bytes] = []
    with contextlib.closing(sqlite3.connect(journal)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608
                cells += [cell if isinstance(cell, bytes) else str(cell).encode() for cell in row]
    return b"\n".join(cells)


async def play(birds: Canaries, folder: Path) -> dict[str, bytes]:
    """Run the gateway through all of it; returns every output by name."""
    outputs: dict[str, bytes] = {}
    hosts = [Host(quoting(birds)) for _ in range(3)]
    servers = []
    for host in hosts:
        servers.append(await asyncio.start_server(host.connected, "127.0.0.1", 0))
        host.port = servers[-1].sockets[0].getsockname()[1]
    admin = free_port()
    one, two, three = (host.port for host in hosts)
    journal = json.dumps(str(folder / "journal.db"))
    text = CONFIG.format(admin=admin, journal=journal, one=one, two=two, three=three, folder=folder)
    environment = {
        "CALLER_KEY": birds["caller key"],
        "SECOND_KEY": birds["second caller key"],
        "ONE_KEY": birds["environment key"],
        "THREE_KEY": birds["third key"],
    }
    config = folder / "understudy.toml"
    await asyncio.to_thread(config.write_text, text)
    running = Gateway(config, environment)
    try:
        for number, (path, fields, body) in enumerate(requests(birds, running.port)):
            url = f"http://127.0.0.1:{running.port}{path}"
            said = await asyncio.to_thread(
                http_request, url, "POST", json.dumps(body).encode(), fields
            )
            outputs[f"answer {number}"] = f"{said.headers}".encode() + said.body
        for page in ("metrics", "admin/health", "readyz", "admin/drains", "nothing"):
            url, sent = f"http://127.0.0.1:{admin}/{page}", {"x-api-key": birds["admin key"]}
            said = await asyncio.to_thread(http_request, url, "GET", None, sent)
            outputs[page] = f"{said.headers}".encode() + said.body
        command = ["explain", "plain", "-c", str(config), "--admin", f"http://127.0.0.1:{admin}"]
        outputs["explain"] = await asyncio.to_thread(
            told, command, environment, folder / "explain.log"
        )
        await asyncio.to_thread(running.stop)
    finally:
        running.close()
        for server, host in zip(servers, hosts, strict=True):
            server.close()
            await host.stop()
    assert all(host.requests for host in hosts)
    outputs["what one is sent"] = b"".join(b"".join(host.requests) for host in hosts)
    return outputs


@pytest.mark.timeout(120)
def test_twenty_secrets_leave_no_trace(tmp_path: Path) -> None:
    birds = Canaries()
    assert len(set(birds.by_place.values())) == len(PLACES) == 20
    key_file = tmp_path / "two.key"
    key_file.write_text(birds["file key"])
    key_file.chmod(0o600)
    outputs = asyncio.run(play(birds, tmp_path))
    sent = birds.in_(outputs.pop("what one is sent"))
    assert {"environment key", "file key", "third key", "prompt", "recorded prompt"} <= sent
    assert not sent & {"caller key", "second caller key", "key in a query", "key as a cookie"}
    environment = {
        "CALLER_KEY": birds["caller key"],
        "SECOND_KEY": birds["second caller key"],
        "ONE_KEY": birds["environment key"],
        "THREE_KEY": birds["third key"],
    }
    pasted = tmp_path / "pasted.toml"
    pasted.write_text(
        "".join(
            f'[{table}]\nkey = "{birds["pasted key"]}"\n'
            for table in ("providers.openai", "keys.a")
        )
    )
    for number, command in enumerate(commands(tmp_path, pasted)):
        outputs[" ".join(command)] = told(command, environment, tmp_path / f"command-{number}.log")
    journal = tmp_path / "journal.db"
    outputs["journal by cells"] = dumped(journal)
    for path in tmp_path.iterdir():
        if path not in {pasted, key_file}:
            outputs[path.name] = path.read_bytes()
    assert outputs["understudy.log"].count(b"\n") > 10
    assert len(outputs["journal by cells"]) > 10_000
    assert b"[redacted" in outputs["journal by cells"]
    found = {name: birds.in_(data) for name, data in outputs.items()}
    allowed = {"answer", "key in a path"}  # to whoever asked for it, or wrote it
    leaks = {
        name: places - (allowed if name.startswith("answer ") else set())
        for name, places in found.items()
    }
    assert {name: places for name, places in leaks.items() if places} == {}


def test_a_canary_would_be_heard() -> None:
    birds = Canaries()
    for place, text in birds.by_place.items():
        assert birds.in_(b"x" + text.encode() + b"x") == {place}
        assert birds.in_(text.encode().hex().encode()) == {place}
    assert birds.in_(b"nothing") == set()


SHOWN = """
import traceback
from understudy.config.secret import Secret
secret = Secret("sk-canary-0123456789abcdef")
def fail(key):
    local = [key, {"a": key}]
    raise RuntimeError(f"{key} {key!r} {local} {key:>10} %s" % key)
try:
    fail(secret)
except RuntimeError as error:
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    print("".join(shown.format()))
import faulthandler, sys
faulthandler.dump_traceback(sys.stdout)
"""


def test_a_traceback_with_all_its_locals_shows_none() -> None:
    done = subprocess.run([sys.executable, "-c", SHOWN], capture_output=True, check=True, text=True)
    assert "<secret>" in done.stdout
    assert "sk-canary-0123" not in done.stdout
