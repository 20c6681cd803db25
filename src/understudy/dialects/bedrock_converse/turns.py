"""Messages as this dialect wants them: a system prompt, then turns of the user and the model."""

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Loss
from understudy.chat.parts import CacheHint, ToolResult
from understudy.chat.request import SYSTEM_ROLES, Message, Role
from understudy.dialects.bedrock_converse.blocks import Block, BlockWriter
from understudy.dialects.bedrock_converse.schema import NAME, Object, Raws, decode_raws

_ROLES = {Role.USER: "user", Role.TOOL: "user", Role.ASSISTANT: "assistant"}
OPENING = "Begin."
CONTINUE = "Continue."
READ = "See the document."
"""What a user says where this dialect demands words and the caller had none."""


class Turn:
    """One message of this dialect. Tool results are kept first, as most models demand."""

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

    def names(self) -> set[str]:
        """The members of its blocks."""
        return {
            name
            for block in self.blocks
            for name in (block if isinstance(block, dict) else decode_raws(block))
        }

    def said(self) -> Object:
        return {"role": self.role, "content": self.blocks, **self.beside}


class Conversation:
    """Gathers the messages of one request into `system` and `turns`.

    `is_own`: the caller spoke this dialect; the conversation is then as the caller had it.
    """

    def __init__(self, endpoint: Endpoint, *, is_own: bool) -> None:
        self.system: list[Block] = []
        self.turns: list[Turn] = []
        self.prefills = False
        self._endpoint = endpoint
        self._is_own = is_own
        self._writer = BlockWriter(endpoint, is_own=is_own)

    @property
    def losses(self) -> list[Loss]:
        return self._writer.losses

    @property
    def uses_tools(self) -> bool:
        """Whether a tool was called, which demands that tools are named."""
        return any(turn.names() & {"toolUse", "toolResult"} for turn in self.turns)

    def cache(self, hint: CacheHint | None, path: str) -> Object | None:
        return self._writer.cache(hint, path)

    def read(self, messages: tuple[Message, ...]) -> None:
        for number, message in enumerate(messages):
            self._message(message, f"messages[{number}]")
        if self.turns or not self._is_own:
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
            turn.add(block, is_result=is_result and not self._is_own)

    def _blocks(self, message: Message, own: Raws, path: str) -> list[tuple[Block, bool]]:
        """The blocks of a message, and which of them are results. Cache points are blocks, too."""
        found: list[tuple[Block, bool]] = []
        for number, part in enumerate(message.parts):
            where, start = f"{path}.parts[{number}]", f"parts[{number}]."
            rest = {key[len(start) :]: raw for key, raw in own.items() if key.startswith(start)}
            block = self._writer.write(part, message.role, where, rest)
            if block is None:
                continue
            is_result = type(part) is ToolResult
            found.append((block, is_result))
            point = self._writer.cache(getattr(part, "cache", None), where)
            if point is not None:
                found.append((point, is_result))
        return found

    def _instruct(
        self, message: Message, blocks: list[tuple[Block, bool]], beside: Raws, path: str
    ) -> None:
        """Instructions that come first are the system prompt; later ones stay in their place.

        One that the caller said in this dialect is left as it was; one from elsewhere is said by
        the user, marked as what it is: few models take a system message in mid-conversation.
        """
        is_own = NAME in message.extensions and self._is_own
        if not self.turns and (not is_own or not beside):
            self.system += [block for block, _ in blocks if _instructs(block)]
            for block, _ in blocks:
                if not _instructs(block):
                    self._writer.drop(path, "instructions are text")
            return
        if not blocks:
            return
        if is_own:
            self.turns.append(Turn("system"))
            self.turns[-1].beside = beside
        else:
            self._turn("user")
            self._writer.change(path, "a system message in mid-conversation, said by the user")
        for block, _ in blocks:
            self.turns[-1].add(block if is_own else _marked(block))

    def _turn(self, role: str) -> Turn:
        if not self.turns or self.turns[-1].role != role:
            self.turns.append(Turn(role))
        return self.turns[-1]

    def _complete(self, path: str) -> None:
        """Make a conversation that begins with the user and ends as the endpoint can take it."""
        if self._is_own:
            self.prefills = self.turns[-1].role == "assistant"
            return
        if not self.turns and self.system:
            turn = self._turn("user")
            for block in self.system:
                turn.add(block)
            self.system = []
            self._writer.change("messages", "instructions alone, said by the user")
        if not self.turns or self.turns[0].role != "user":
            self.turns.insert(0, Turn("user"))
            self.turns[0].add({"text": OPENING})
            self._writer.change("messages", f"the user begins, saying {OPENING!r}")
        for turn in self.turns:
            names = turn.names()
            if "document" in names and "text" not in names:
                turn.add({"text": READ})
                self._writer.change("messages", f"beside a document the user says {READ!r}")
        self._end(self.turns[-1], path)

    def _end(self, last: Turn, path: str) -> None:
        if last.role != "assistant":
            return
        if Capability.PREFILL in self._endpoint.capabilities:
            self.prefills = True
            self._trim(last)
            return
        self._turn("user").add({"text": CONTINUE})
        self._writer.change(
            path, "this target continues no answer begun by the caller: it is asked to"
        )

    def _trim(self, turn: Turn) -> None:
        """The last text of a prefill must not end in white space."""
        block = turn.blocks[-1]
        text = block.get("text") if isinstance(block, dict) else None
        if isinstance(block, dict) and isinstance(text, str) and text != text.rstrip():
            block["text"] = text.rstrip()
            self._writer.change("messages", "white space at the end of a prefill is refused")


def _instructs(block: Block) -> bool:
    """Whether a system prompt may hold it."""
    names = block if isinstance(block, dict) else decode_raws(block)
    return bool({"text", "guardContent", "cachePoint"} & set(names))


def _marked(block: Block) -> Block:
    if isinstance(block, dict) and isinstance(block.get("text"), str):
        return {**block, "text": f"<system>\n{block['text']}\n</system>"}
    return block
