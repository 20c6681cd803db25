"""`understudy translate`: one request from one API into another, and what gets lost on the way."""

import json
import sys
from collections.abc import Sequence
from typing import BinaryIO, NoReturn

import click
import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Loss
from understudy.cli.options import json_option
from understudy.dialects import translating
from understudy.dialects.catalog import CHATS
from understudy.wire.http import HttpRequest

_LARGEST = 32 * 2**20
_NAMES = tuple(CHATS)

_EPILOG = """\b
Examples:
  understudy translate --from openai_chat --to anthropic_messages request.json
  echo '{"model": "m", "messages": [{"role": "user", "content": "hi"}], "seed": 7}' \\
    | understudy translate --from openai_chat --to anthropic_messages

\b
The translated body goes to stdout, each loss to stderr: its place in the request, and why.
A target's own limits (what it rejects, how it spells fields) come on top; `understudy explain`
and the receipt headers of real answers show those.
"""


@click.command(epilog=_EPILOG)
@click.option(
    "--from", "source", type=click.Choice(_NAMES), required=True, help="The API it is in."
)
@click.option("--to", "goal", type=click.Choice(_NAMES), required=True, help="The API wanted.")
@click.option("--model", help="The model to ask for; left out: the request's own.")
@json_option
@click.argument("file", type=click.File("rb"), default="-")
def translate(source: str, goal: str, model: str | None, file: BinaryIO, *, as_json: bool) -> None:
    """Translate the request in FILE (or standard input) from one API into another."""
    body = file.read(_LARGEST + 1)
    if len(body) > _LARGEST:
        _refuse("", f"more than {_LARGEST:,} bytes", as_json=as_json)
    try:
        request = CHATS[source].parse_request(body)
        endpoint = Endpoint(
            dialect=goal,
            model=model or request.model,
            path=_path(goal),
            producer="translate",
            max_output_tokens=4096,
        )
        built, losses, _ = translating.translate(request, CHATS[goal], endpoint)
    except InvalidRequest as error:
        _refuse(error.path, error.reason, as_json=as_json)
    if as_json:
        click.echo(json.dumps(_report(built, losses), indent=2, ensure_ascii=False))
        return
    click.echo(msgspec.json.format(built.body, indent=2))
    for loss in losses:
        click.echo(f"{loss.change.value}: {loss.path}: {loss.reason}", err=True)


def _path(dialect: str) -> str:
    return CHATS[dialect].chat_paths()[0]


def _report(built: HttpRequest, losses: Sequence[Loss]) -> dict[str, object]:
    return {
        "method": built.method,
        "path": built.path,
        "headers": {
            name.decode("latin-1"): value.decode("latin-1") for name, value in built.headers
        },
        "body": json.loads(built.body),
        "losses": [
            {"path": loss.path, "change": loss.change.value, "reason": loss.reason}
            for loss in losses
        ],
    }


def _refuse(path: str, reason: str, *, as_json: bool) -> NoReturn:
    place = path or "request"
    if as_json:
        click.echo(json.dumps({"error": {"path": path, "reason": reason}}))
    click.echo(f"{place}: {reason}", err=True)
    sys.exit(1)
