"""Small conversations with calls, and a dialect that keeps what it is asked to write."""

from understudy.chat.endpoint import Endpoint
from understudy.chat.loss import Loss
from understudy.chat.parts import Text, ToolCall, ToolResult
from understudy.chat.request import Message, Request, Role
from understudy.wire.http import HttpRequest


def asked(text: str = "go on") -> Message:
    return Message(Role.USER, (Text(text),))


def called(*ids: str) -> Message:
    return Message(Role.ASSISTANT, tuple(ToolCall(id_, "look", "{}") for id_ in ids))


def answered(*ids: str) -> Message:
    return Message(Role.TOOL, tuple(ToolResult(id_, (Text(id_),)) for id_ in ids))


class Keeper:
    """A dialect that writes nothing but keeps what it was asked to."""

    name = "keeper"

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def build_request(self, request: Request, _: Endpoint) -> tuple[HttpRequest, tuple[Loss, ...]]:
        self.messages = list(request.messages)
        losses = [Loss(f"messages[{place}].name", "x") for place in range(len(self.messages))]
        return HttpRequest("POST", "/", (), b""), tuple(losses)
