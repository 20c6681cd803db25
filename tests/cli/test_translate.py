"""`translate` writes the request anew, and says what was lost."""

import json

from click.testing import CliRunner

from understudy.cli.main import cli

REQUEST = {
    "model": "gpt-5.2",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "hi"},
    ],
    "seed": 7,
    "max_completion_tokens": 50,
}


def translate(*arguments: str, request: object = REQUEST):
    text = request if isinstance(request, str) else json.dumps(request)
    words = ["translate", "--from", "openai_chat", "--to", "anthropic_messages", *arguments]
    return CliRunner().invoke(cli, words, input=text)


def test_the_body_goes_to_stdout_and_the_losses_to_stderr():
    result = translate()
    assert result.exit_code == 0, result.output
    body = json.loads(result.stdout)
    assert body["max_tokens"] == 50
    assert "Be brief." in json.dumps(body["system"])
    assert [message["role"] for message in body["messages"]] == ["user"]
    assert "dropped: sampling.seed" in result.stderr


def test_json_holds_path_body_and_losses():
    report = json.loads(translate("--json", "--model", "claude").stdout)
    assert report["path"] == "/v1/messages"
    assert report["body"]["model"] == "claude"
    assert [loss["path"] for loss in report["losses"]] == ["sampling.seed"]


def test_a_file_is_read_where_one_is_named(tmp_path):
    path = tmp_path / "r.json"
    path.write_text(json.dumps(REQUEST))
    assert translate(str(path), request="").exit_code == 0


def test_a_request_that_cannot_be_read_is_refused_with_its_place():
    result = translate(request={"model": "m", "messages": [{"role": 3}]})
    assert result.exit_code == 1
    assert "role" in result.stderr
    result = translate("--json", request="nonsense")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["reason"]


def test_an_unknown_dialect_is_a_mistake_of_the_command_line():
    assert translate("--to", "klingon").exit_code == 2
