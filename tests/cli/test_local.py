"""What answers on this machine, and whether a file would."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.local.engines import program
from tests.local.gguf import TEXT, write_model

from understudy.cli.local import Running, _lines, installed, local, running
from understudy.config.errors import ConfigError

pytestmark = pytest.mark.timeout(60)  # a real engine starts, beside whatever else runs

FOUND = Running("ollama", "Ollama", "http://127.0.0.1:11434/v1", ("llama3.2", "qwen3"))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(local, [str(each) for each in arguments])


def test_all_usual_addresses_are_asked_and_who_answers_is_found():
    asked: list[str] = []

    def probe(url: str) -> tuple[str, ...] | None:
        asked.append(url)
        return {"http://127.0.0.1:11434/v1": FOUND.models, "http://127.0.0.1:8000/v1": ()}.get(url)

    found = running(probe)
    assert FOUND in found
    assert [each.models for each in found if each.kind == "vllm"] == [()]
    assert {"http://127.0.0.1:1234/v1", "http://127.0.0.1:8080/v1"} <= set(asked)
    assert all(url.startswith("http://127.0.0.1:") for url in asked)


def test_who_answers_is_shown_with_the_lines_for_the_file():
    told = "\n".join(_lines([FOUND], {"ollama": "/usr/bin/ollama"}))
    assert "llama3.2, qwen3" in told
    assert "ollama serve" in told
    assert '[providers."ollama"]' in told
    assert 'base_url = "http://127.0.0.1:11434/v1"' in told
    assert '"ollama/llama3.2"' in told


def test_with_nobody_there_a_file_is_suggested():
    told = "\n".join(_lines([], {}))
    assert "nobody, at the usual ports" in told
    assert 'model_file = "models/NAME.gguf"' in told
    silent = Running("vllm", "vLLM", "http://127.0.0.1:8000/v1", ())
    assert "no model" in "\n".join(_lines([silent], {}))


def test_programs_are_looked_for_on_the_path(tmp_path):
    server = tmp_path / "llama-server"
    server.write_text("")
    server.chmod(0o755)
    assert installed({"PATH": str(tmp_path)}) == {"llama-server": str(server)}


def test_the_command_itself_asks_this_machine():
    people, machines = run(), run("--json")
    assert people.exit_code == machines.exit_code == 0
    assert "answering here:" in people.output
    assert json.loads(machines.output)["extra"] is True


def test_a_file_is_tried_with_the_real_engine(tmp_path):
    model = write_model(tmp_path / "small.gguf")
    told = run(model, "--memory", "1 GiB")
    assert told.exit_code == 0, told.output
    assert "small.gguf: works" in told.output
    assert "a floor of one sentence (llama)" in told.output
    assert TEXT in told.output
    assert '"floor/small"' in told.output
    facts = json.loads(run(model, "--json", "--ask", "forever").output)
    assert facts["tokens"] == 64
    assert facts["answer"].startswith("on0 on1")
    assert facts["memory"] > 0


def test_what_cannot_work_is_told(tmp_path):
    bad = tmp_path / "bad.gguf"
    bad.write_text("no model")
    assert isinstance(run(bad).exception, ConfigError)
    assert isinstance(run(tmp_path / "absent.gguf").exception, ConfigError)
    model = write_model(tmp_path / "m.gguf")
    assert isinstance(run(model, "--memory", "1 MiB").exception, ConfigError)
    assert run(model, "--memory", "lots").exit_code == 2


def test_an_engine_that_does_not_start_says_why(tmp_path):
    model = write_model(tmp_path / "m.gguf")
    dies = program(tmp_path, 'echo "no such instruction" >&2; exit 4')
    told = run(model, "--program", dies)
    assert told.exit_code == 1
    assert "exit code 4: no such instruction" in told.output


@pytest.mark.parametrize(
    ("answer", "reason"),
    [("<html>", "did not answer"), ('{"error": "too hot"}', r"refused (418): too hot")],
)
def test_an_engine_that_starts_and_does_not_answer_is_told(tmp_path, answer, reason):
    model = write_model(tmp_path / "m.gguf")
    fake = tmp_path / "fake.py"
    fake.write_text(FAKE)
    starts = program(tmp_path, f"exec python3 {fake} '{answer}' \"$@\"")
    told = run(model, "--program", starts)
    assert told.exit_code == 1
    assert reason in told.output


FAKE = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Fake(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def do_POST(self):
        self.send_response(418)
        self.end_headers()
        self.wfile.write(sys.argv[1].encode())

HTTPServer(("127.0.0.1", int(sys.argv[-1])), Fake).serve_forever()
"""
