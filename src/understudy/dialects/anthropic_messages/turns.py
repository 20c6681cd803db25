"""Messages as this dialect wants them: a system prompt, then turns of the user and the model."""

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Loss
from understudy.chat.parts import ToolResult
from understudy.chat.request import SYSTEM_ROLES, Message, Role
from understudy.dialects.anthropic_messages.blocks import Block, BlockWriter, with_rest
from understudy.dialects.anthropic_messages.schema import NAME, Raws

_ROLES = {Role.USER: "user", Role.TOOL: "user", Role.ASSISTANT: "assistant"}
OPENING = "Begin."
CONTINUE = "Continue."
"""What a user says where this dialect demands a turn and the caller had none."""


class Turn:
    """One message of this dialect. Tool results are kept first, as it demands."""

    def __init__(self, role: str) -> None:
        self.role = role
        self.beside: Raws = {}
        self._results: list[Block] = []
        self._blocks: list[Block] = []

    @property
    def blocks(self) -> list[Block]:
        return self._results + self._blocks

    def add(self, block: Block, *, is_result: bool = False) -> None:
        (self._results if is_result else self._blocks).append(block)

    def said(self) -> dict[str, object]:
        """The message; a single plain text is said as a string."""
        blocks = self.blocks
        content: object = blocks
        only = blocks[0] if len(blocks) == 1 else None
        if isinstance(only, dict) and only.keys() == {"type", "text"}:
            content = only["text"]
        return {"role": self.role, "content": content, **self.beside}


class Conversation:
    """Gathers the messages of one request into `system` and `turns`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.system: list[Block] = []
        self.turns: list[Turn] = []
        self.prefills = False
        self._endpoint = endpoint
        self._writer = BlockWriter(endpoint)

    @property
    def losses(self) -> list[Loss]:
        return self._writer.losses

    @property
    def writer(self) -> BlockWriter:
        return self._writer

    def read(self, messages: tuple[Message, ...]) -> None:
        for number, message in enumerate(messages):
            self._message(message, f"messages[{number}]")
        self._complete(f"messages[{len(messages)}]")

    def _message(self, message: Message, path: str) -> None:
        own = self._writer.own(message.extensions, NAME, path)
        if message.name is not None:
            self._writer.drop(f"{path}.name", "a speaker has no name")
        if self.turns and self.turns[-1].role != "assistant":
            self._writer.next_turn()
        blocks = self._blocks(message, own, path)
        beside = {name: raw for name, raw in own.items() if not name.startswith("parts[")}
        if message.role in SYSTEM_ROLES:
            self._instruct(message, blocks, beside, path)
            return
        if not blocks:
            return
        turn = self._turn(_ROLES[message.role])
        turn.beside |= beside
        for block, is_result in blocks:
            turn.add(block, is_result=is_result)

    def _blocks(self, message: Message, own: Raws, path: str) -> list[tuple[Block, bool]]:
        found = []
        for number, part in enumerate(message.parts):
            block = self._writer.write(part, message.role, f"{path}.parts[{number}]")
            if block is None:
                continue
            if own:
                start = f"parts[{number}]."
                rest = {key[len(start) :]: raw for key, raw in own.items() if key.startswith(start)}
                block = with_rest(block, rest)
            found.append((block, type(part) is ToolResult))
        return found

    def _instruct(
        self, message: Message, blocks: list[tuple[Block, bool]], beside: Raws, path: str
    ) -> None:
        """Instructions that come first are the system prompt; later ones stay in their place.

        Only newer models take a system message in mid-conversation ("Mid-conversation system
        messages", 2026). One that the caller said in this dialect is left as it was; one from
        elsewhere is said by the user, marked as what it is.
        """
        is_own = NAME in message.extensions
        if not self.turns and not beside:
            self.system += [block for block, _ in blocks]
            return
        if is_own:
            turn = Turn("system")
            turn.beside = beside
            self.turns.append(turn)
        else:
            turn = self._turn("user")
            self._writer.change(path, "a system message in mid-conversation, said by the user")
        for block, _ in blocks:
            turn.add(block if turn.role == "system" else _marked(block))

    def _turn(self, role: str) -> Turn:
        if not self.turns or self.turns[-1].role != role:
            self.turns.append(Turn(role))
        return self.turns[-1]

    def _complete(self, path: str) -> None:
        """Make a conversation that begins with the user and ends as the endpoint can take it."""
        if not self.turns and self.system:
            turn = self._turn("user")
            for block in self.system:
                turn.add(block)
            self.system = []
            self._writer.change("messages", "instructions alone, said by the user")
        if not self.turns or self.turns[0].role != "user":
            self.turns.insert(0, Turn("user"))
            self.turns[0].add({"type": "text", "text": OPENING})
            self._writer.change("messages", f"the user begins, saying {OPENING!r}")
        last = self.turns[-1]
        if last.role != "assistant":
            return
        if Capability.PREFILL in self._endpoint.capabilities:
            self.prefills = True
            self._trim(last)
            return
        self._turn("user").add({"type": "text", "text": CONTINUE})
        self._writer.change(
            path, "this target continues no answer begun by the caller: it is asked to"
        )

    def _trim(self, turn: Turn) -> None:
        """The last text of a prefill must not end in white space ("Prefill Claude's response")."""
        block = turn.blocks[-1]
        if not isinstance(block, dict) or block.get("type") != "text":
            return
        text = str(block["text"])
        if text != text.rstrip():
            block["text"] = text.rstrip()
            self._writer.change("messages", "white space at the end of a prefill is refused")


def _marked(block: Block) -> Block:
    if isinstance(block, dict) and block.get("type") == "text":
        return {**block, "text": f"<system>\n{block['text']}\n</system>"}
    return block
