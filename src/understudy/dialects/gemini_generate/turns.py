"""Turns of a conversation, the neutral model to this dialect's contents."""

import re
from collections.abc import Sequence

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.parts import Part, Reasoning, ToolCall, ToolResult
from understudy.chat.request import SYSTEM_ROLES, Message, Role
from understudy.dialects.arguments import given
from understudy.dialects.gemini_generate.ids import asked_id
from understudy.dialects.gemini_generate.parts import Parts
from understudy.dialects.gemini_generate.schema import (
    BEFORE_CALL,
    BEFORE_TEXT,
    GOOGLE,
    NAME,
    UNSIGNED,
    Raws,
)
from understudy.dialects.noting import Noting

Body = dict[str, object]

_EARLIER = re.compile(r"(?:.*/)?gemini-(?:pro|[0-2][.-])")
"""Names of models that take calls without signatures."""


OPENING = "Begin."
CONTINUE = "Continue."
"""What a user says where this dialect demands a turn and the caller had none."""


class Turns(Noting):
    """Writes messages; `losses` grows. `system` are the parts of the system's instruction.

    `is_own`: the caller spoke this dialect; the conversation is then as the caller had it.
    """

    def __init__(self, endpoint: Endpoint, *, is_own: bool) -> None:
        super().__init__()
        self.system: list[Body] = []
        self.contents: list[Body] = []
        self._endpoint = endpoint
        self._is_own = is_own
        self._parts = Parts(endpoint, self.losses, is_own=is_own)
        self._names: dict[str, str] = {}
        self._unnamed: set[str] = set()
        self._signature: str | None = None
        self._last: Role | None = None
        self._called = 0

    def write(self, messages: Sequence[Message]) -> None:
        for number, message in enumerate(messages):
            self._message(message, f"messages[{number}]")
            self._last = message.role
        if not self.contents and self.system:
            self.contents.append({"role": "user", "parts": self.system})
            self.system = []
            self.change("messages", "instructions alone, said by the user")
        if not self._is_own:
            self._complete(f"messages[{len(messages)}]")

    def _complete(self, path: str) -> None:
        """Let the user begin and end, as this dialect demands: a call follows a turn of the user's
        ("Please ensure that function call turn comes immediately after a user turn"), and models
        that continue no answer refuse a last turn of their own (2026).
        """
        if not self.contents or self.contents[0]["role"] != "user":
            self.contents.insert(0, {"role": "user", "parts": [{"text": OPENING}]})
            self.change("messages", f"the user begins, saying {OPENING!r}")
        can_continue = Capability.PREFILL in self._endpoint.capabilities
        if self.contents[-1]["role"] == "model" and not can_continue:
            self.contents.append({"role": "user", "parts": [{"text": CONTINUE}]})
            reason = "this target continues no answer begun by the caller: it is asked to"
            self.change(path, reason)

    def _message(self, message: Message, path: str) -> None:
        if message.name is not None:
            self.drop(f"{path}.name", "who speaks has no name here")
        own = self.own(message.extensions, NAME, path)
        is_joined = message.role is Role.USER and self._last is Role.TOOL
        is_joined = is_joined or (message.role is Role.TOOL and self._last is Role.TOOL)
        is_joined = is_joined or (not self._is_own and self._follows(message.role))
        self._called = 0
        parts = self._written(message, own, path)
        if message.role in SYSTEM_ROLES:
            if message.role is Role.DEVELOPER:
                self.change(f"{path}.role", "said as system")
            if self.contents:
                self.change(path, "said at the beginning")
            self.system += parts
            return
        if not parts and (message.parts or not self._is_own):
            return
        beside = {name: raw for name, raw in own.items() if not name.startswith("parts[")}
        last = self.contents[-1]["parts"] if is_joined and self.contents else None
        if isinstance(last, list) and not beside:
            last += parts
            return
        role = "model" if message.role is Role.ASSISTANT else "user"
        self.contents.append({"role": role, "parts": parts, **beside})

    def _follows(self, role: Role) -> bool:
        """Whether the model goes on speaking, which is one turn here."""
        last = self.contents[-1]["role"] if self.contents else None
        return role is Role.ASSISTANT and last == "model"

    def _written(self, message: Message, own: Raws, path: str) -> list[Body]:
        out: list[Body] = []
        for index, part in enumerate(message.parts):
            said = self._part(part, f"{path}.parts[{index}]")
            if said is None:
                continue
            start = f"parts[{index}]."
            for key, raw in own.items():
                if key.startswith(start):
                    outer, _, name = key[len(start) :].rpartition(".")
                    inside = said.get(outer) if outer else said
                    if isinstance(inside, dict):
                        inside[name] = raw
            out.append(said)
        if self._signature is not None:
            out.append({"text": "", **self._signed()})
        return out

    def _part(self, part: Part, where: str) -> Body | None:
        match part:
            case Reasoning():
                return self._thought(part, where)
            case ToolCall():
                return self._call(part, where)
            case ToolResult():
                return self._result(part, where)
            case _:
                said = self._parts.write(part, where)
                if said is not None and "text" in said:
                    said |= self._signed()
                return None if said == {"text": ""} and not self._is_own else said

    def _thought(self, part: Reasoning, where: str) -> Body | None:
        is_ours = part.producer in GOOGLE and self._endpoint.producer in GOOGLE
        signature = part.signature if is_ours else None
        if part.signature is not None and not is_ours:
            self.drop(f"{where}.signature", "made by another producer")
        if part.encrypted is not None:
            self.drop(f"{where}.encrypted", "made by another producer")
        if part.id is not None:
            self.drop(f"{where}.id", "thoughts have no ids here")
        if part.field in {BEFORE_TEXT, BEFORE_CALL} and not part.text:
            self._signature = signature
            return None
        if not part.text and signature is None:
            return None
        said: Body = {"text": part.text, "thought": True}
        return said if signature is None else {**said, "thoughtSignature": signature}

    def _signed(self) -> Body:
        signature, self._signature = self._signature, None
        return {} if signature is None else {"thoughtSignature": signature}

    def _call(self, part: ToolCall, where: str) -> Body:
        self._names[part.id] = part.name
        self._parts.uncached(part.cache, where)
        arguments = given(part.arguments, where, self.losses, is_custom=part.is_custom)
        function: Body = {"name": part.name, "args": arguments}
        if part.id == asked_id(len(self.contents), self._called):
            self._unnamed.add(part.id)
        elif part.id:
            function = {"id": part.id, **function}
        signed = self._signed()
        if not signed and not self._called and _wants_signature(self._endpoint.model):
            signed = {"thoughtSignature": UNSIGNED}
        self._called += 1
        return {"functionCall": function, **signed}

    def _result(self, part: ToolResult, where: str) -> Body:
        name = part.name or self._names.get(part.call_id)
        if name is None:
            self.change(f"{where}.name", "said as the call's id: no call of that id is there")
            name = part.call_id
        response = self._parts.result(part, where)
        said: Body = {"name": name, **response}
        if part.call_id and part.call_id not in self._unnamed:
            said = {"id": part.call_id, **said}
        return {"functionResponse": said}


def _wants_signature(model: str) -> bool:
    """Whether a model refuses a turn whose first call has no signature."""
    return "gemini" in model and _EARLIER.match(model) is None
