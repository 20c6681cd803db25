"""A request of one dialect, written in another: each rule of vendors that no dialect keeps alone.

Each step keeps one kind of rule, and says as a `Loss` what it changed; the dialect writes the rest.
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.chat.loss import Loss
from understudy.chat.parts import Text
from understudy.chat.request import SYSTEM_ROLES, Request
from understudy.dialects.attached import with_good_files
from understudy.dialects.base import Dialect
from understudy.dialects.bounds import within_bounds
from understudy.dialects.cache_marks import with_few_marks
from understudy.dialects.efforts import with_known_effort
from understudy.dialects.json_word import with_json_word
from understudy.dialects.labels import with_short_labels
from understudy.dialects.names import renamed
from understudy.dialects.offered import offered
from understudy.dialects.pairs import paired
from understudy.dialects.shapes import shaped
from understudy.wire.http import HttpRequest

_PLACE = re.compile(r"(messages|tools)\[(\d+)\]")


class Translated(NamedTuple):
    """`names`: what tools are called that go by another name in `request`."""

    request: HttpRequest
    losses: tuple[Loss, ...]
    names: Mapping[str, str] = {}


def translate(request: Request, dialect: Dialect, endpoint: Endpoint) -> Translated:
    """Write a request of another dialect for `endpoint`, calls beside their results.

    Losses name messages and tools by their numbers in `request`. Raises: InvalidRequest.
    """
    losses: list[Loss] = []
    request = with_short_labels(request, endpoint, losses)
    request = within_bounds(request, dialect.name, losses)
    if _is_plain(request):
        written, further = dialect.build_request(request, endpoint)
        return Translated(written, (*losses, *further))
    request = with_good_files(request, losses)
    request = with_few_marks(request, endpoint, losses)
    request = with_known_effort(request, endpoint, losses)
    request, tools = offered(request, endpoint, losses)
    later: list[Loss] = []
    request, words = shaped(request, endpoint, later)
    request = with_json_word(request, endpoint, later)
    request, names = renamed(request, dialect.name, later)
    losses += [_as_was(loss, "tools", tools) for loss in later]
    pairs = paired(request.messages, losses)
    if not losses:
        return Translated(*dialect.build_request(request, endpoint))
    if words is not None:
        place = sum(message.role in SYSTEM_ROLES for message in request.messages[:1])
        pairs.insert(place, (0, words))
    messages = tuple(message for _, message in pairs)
    numbers = [number for number, _ in pairs]
    changed = msgspec.structs.replace(request, messages=messages)
    written, further = dialect.build_request(changed, endpoint)
    renumbered = (_as_was(_as_was(loss, "messages", numbers), "tools", tools) for loss in further)
    return Translated(written, tuple(dict.fromkeys((*losses, *renumbered))), names)


def _is_plain(request: Request) -> bool:
    """Whether it holds texts and numbers alone, as most do: to all other rules that is nothing."""
    if (
        request.tools
        or request.tool_choice is not None
        or request.parallel_tool_calls is not None
        or request.response_format is not None
        or request.reasoning is not None
        or request.sampling.top_logprobs
    ):
        return False
    for message in request.messages:
        for part in message.parts:
            if type(part) is not Text or part.cache is not None:
                return False
    return True


def _as_was(loss: Loss, what: str, numbers: Sequence[int]) -> Loss:
    """A loss with the number that its message or tool had."""
    found = _PLACE.match(loss.path)
    if found is None or found[1] != what or int(found[2]) >= len(numbers):
        return loss
    path = f"{what}[{numbers[int(found[2])]}]{loss.path[found.end() :]}"
    return msgspec.structs.replace(loss, path=path)
