"""`understudy simulate`: a process whose providers fail on command."""

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from click.testing import CliRunner
from tests.sim.hearing import OPENAI, asked

from understudy.cli.main import cli
from understudy.sim.provider import expected_answer


def call(url: str, method: str = "GET", body: bytes | None = None) -> tuple[int, bytes]:
    request = urllib.request.Request(url, body, method=method)  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_serves_and_fails_on_command():
    command = [sys.executable, "-m", "understudy", "simulate", "--json", "--control", "0"]
    command += [
        "-p",
        "a=openai_chat:0,tokens=9",
        "-p",
        "b=anthropic_messages:0",
        "-f",
        "a=status(500)",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = json.loads(process.stdout.readline())
            chat = said["providers"]["a"] + "/v1/chat/completions"
            fault = said["control"] + "/providers/a/fault"
            assert call(chat, "POST", asked("hello"))[0] == 500
            assert call(fault, "DELETE")[0] == 200
            status, body = call(chat, "POST", asked("hello [tokens=9]"))
            assert status == 200
            heard = json.loads(body)["choices"][0]["message"]["content"]
            assert heard == expected_answer(OPENAI, asked("hello [tokens=9]"))
            assert call(fault, "PUT", b"row(openai.401.invalid_api_key)")[0] == 200
            assert call(chat, "POST", asked("hello"))[0] == 401
            assert json.loads(call(said["control"] + "/")[1])["b"]["requests"] == 0
            assert call(said["providers"]["b"] + "/v1/models")[0] == 200
        finally:
            process.terminate()
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["-p", "a"], "expected NAME=DIALECT:PORT"),
        (["-p", "a=openai:0"], "no dialect 'openai', did you mean"),
        (["-p", "a=openai_chat:0,speed=3"], "unknown field `speed`"),
        (["-p", "a=openai_chat:70000"], "found port 70000, expected 0 (any free one) to 65535"),
        (["-p", "a=openai_chat:0,prefill=maybe"], "Invalid enum value 'maybe'"),
        (["-p", "a=openai_chat:0", "-f", "b=hang"], "one of the providers' names"),
        (["-p", "a=openai_chat:0", "-f", "a=hangs"], "did you mean 'hang'"),
        (["-p", "a=openai_chat:0", "-f", "a=row(nothing)"], "has no row 'nothing'"),
    ],
)
def test_says_what_is_wrong(options, reason):
    result = CliRunner().invoke(cli, ["simulate", "--control", "0", *options])
    assert result.exit_code != 0
    assert reason in result.output


def test_says_which_port_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        options = ["--control", "0", "-p", f"a=openai_chat:{port}"]
        result = CliRunner().invoke(cli, ["simulate", *options])
        assert result.exit_code == 1
        assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in result.output
        options = ["--control", str(port), "-p", "a=openai_chat:0"]
        result = CliRunner().invoke(cli, ["simulate", *options])
        assert result.exit_code == 1
        assert str(port) in result.output


def test_nobody_poses_as_a_server_that_is_only_asked():
    result = CliRunner().invoke(cli, ["simulate", "-p", "a=comfyui_images:0"])
    assert result.exit_code == 2
    assert "no dialect 'comfyui_images'" in result.output


def test_lists_its_faults():
    result = CliRunner().invoke(cli, ["simulate", "--list-faults"])
    assert result.exit_code == 0
    assert "cut(after=0, how=rst): End the connection" in result.output
