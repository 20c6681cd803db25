"""What a simulated provider answers: text, reasoning, tool calls, JSON, with honest usage.

Directives in the last user message shape it: `[tokens=200]` how long, `[chunk=4]` tokens in one
delta, `[words=wide]` many bytes for a character, `[tool=NAME]` a call (may be said several times),
`[reasoning=50]` tokens of reasoning, `[refuse]`, `[stamp]` a place for the time of sending in every
token. `[rate=200]` and `[delay=1.5]` are for `provider`.
"""

from collections.abc import Iterator

import msgspec

from understudy.chat.events import (
    ChoiceEnd,
    Event,
    Finished,
    PartDelta,
    PartEnded,
    PartKind,
    PartStarted,
    Started,
    StopReason,
)
from understudy.chat.request import Choice, Format, Request, Tool
from understudy.chat.usage import Usage
from understudy.sim.prompt import Prompt
from understudy.sim.schema_words import write_json
from understudy.sim.words import TOKEN_CHARS, Script, digest, number, text, token

MAX_TOKENS = 10_000_000
MAX_CHOICES = 16
STAMP = " T0000000000000000"
"""A token that the shell overwrites with the time of sending in microseconds."""

_CREATED = 1_767_225_600
_REASONING_TOKENS = 16
_REASONING_OFF = frozenset({"none", "off", "disabled"})


class Style(msgspec.Struct, frozen=True):
    """How a provider speaks where the prompt does not say. `tokens` None: 32 to 95, by prompt."""

    tokens: int | None = None
    chunk: int = 1
    reads_prefill: bool = True


class Body(msgspec.Struct, frozen=True):
    """One part of an answer before it is events: `tokens` are its deltas' texts."""

    kind: PartKind
    tokens: tuple[str, ...]
    count: int
    id: str | None = None
    name: str | None = None
    signature: str | None = None


class Speech(msgspec.Struct, frozen=True):
    """One of n answers."""

    bodies: tuple[Body, ...]
    stop: StopReason
    stop_sequence: str | None = None

    @property
    def output_tokens(self) -> int:
        return sum(body.count for body in self.bodies)

    @property
    def reasoning_tokens(self) -> int:
        return sum(body.count for body in self.bodies if body.kind is PartKind.REASONING)


def answer(request: Request, prompt: Prompt, style: Style) -> list[Event]:
    """The whole answer; the same for the same conversation, whoever gives it."""
    count = max(1, min(request.sampling.n or 1, MAX_CHOICES))
    speeches = [_speech(request, prompt, style, choice) for choice in range(count)]
    usage = Usage(
        input_tokens=max(1, -(-prompt.chars // TOKEN_CHARS)),
        output_tokens=sum(speech.output_tokens for speech in speeches),
        reasoning_tokens=sum(speech.reasoning_tokens for speech in speeches),
    )
    started = Started(
        id=f"sim-{prompt.seed[:12].hex()}",
        model=request.model,
        created=_CREATED,
        usage=msgspec.structs.replace(usage, output_tokens=1, reasoning_tokens=0),
    )
    events: list[Event] = [started]
    index = 0
    for choice, speech in enumerate(speeches):
        for body in speech.bodies:
            events.extend(_part(body, index, choice))
            index += 1
    ends = tuple(
        ChoiceEnd(choice, speech.stop) for choice, speech in enumerate(speeches) if choice > 0
    )
    first = speeches[0]
    events.append(Finished(first.stop, usage, stop_sequence=first.stop_sequence, choices=ends))
    return events


def expected_text(request: Request, prompt: Prompt) -> str:
    """The plain text of the first answer, prefill not included: what a client must end up with."""
    bodies = _speech(request, prompt, Style(), 0).bodies
    return "".join("".join(body.tokens) for body in bodies if body.kind is PartKind.TEXT)


def _part(body: Body, index: int, choice: int) -> Iterator[Event]:
    yield PartStarted(index, body.kind, id=body.id, name=body.name, choice=choice)
    for piece in body.tokens:
        yield PartDelta(index, piece)
    if body.signature is not None:
        yield PartDelta(index, signature=body.signature)
    yield PartEnded(index)


def _speech(request: Request, prompt: Prompt, style: Style, choice: int) -> Speech:
    seed = prompt.seed if choice == 0 else digest(prompt.seed.hex(), str(choice))
    thought = _thought(request, prompt, seed)
    calls = _calls(request, prompt, seed)
    if calls:
        return Speech((*thought, *calls), StopReason.TOOL_CALLS)
    if prompt.directive("refuse") is not None:
        words = ("I am", " not", " able", " to", " help", " with", " that.")
        return Speech((Body(PartKind.REFUSAL, words, len(words)),), StopReason.REFUSAL)
    wanted = request.response_format
    chunk = int(prompt.directive_number("chunk") or style.chunk) or 1
    if (wanted is not None and wanted.kind is not Format.TEXT) or prompt.directive("json") == "":
        schema = None if wanted is None or wanted.schema is None else bytes(wanted.schema)
        said = write_json(seed, schema)
        begun = prompt.prefill if style.reads_prefill else None
        start = _resumed_at(said, begun, said[:TOKEN_CHARS])
        document = Body(PartKind.TEXT, *_split(said[start:], chunk, start))
        return Speech((*thought, document), StopReason.END)
    spent = sum(body.count for body in thought)
    return _spoken(request, prompt, style, (seed, spent, chunk), thought)


def _spoken(
    request: Request,
    prompt: Prompt,
    style: Style,
    measure: tuple[bytes, int, int],
    thought: tuple[Body, ...],
) -> Speech:
    """Plain text: as long as it wants to be, within the caller's limit, up to a stop sequence."""
    seed, spent, chunk = measure
    wanted = prompt.directive_number("tokens")
    if wanted is None:
        wanted = style.tokens if style.tokens is not None else 32 + number(seed, 0) % 64
    length = min(int(wanted), MAX_TOKENS)
    if prompt.directive("stamp") is not None:
        return Speech((Body(PartKind.TEXT, (STAMP,) * length, length),), StopReason.END)
    script = Script.WIDE if prompt.directive("words") == Script.WIDE.value else Script.PLAIN
    said = text(seed, length, script)
    start = _resumed_at(said, prompt.prefill, token(seed, 0, script)) if style.reads_prefill else 0
    rest = said[start:]
    stop, sequence = StopReason.END, None
    found = [(rest.find(end), end) for end in request.stop if end and end in rest]
    if found:
        where, sequence = min(found)
        rest, stop = rest[:where], StopReason.STOP_SEQUENCE
    limit = request.max_output_tokens
    if limit is not None and limit - spent < -(-len(rest) // TOKEN_CHARS):
        rest, stop, sequence = rest[: max(0, limit - spent) * TOKEN_CHARS], StopReason.LENGTH, None
    return Speech((*thought, Body(PartKind.TEXT, *_split(rest, chunk, start))), stop, sequence)


def _resumed_at(said: str, prefill: str | None, first: str) -> int:
    """How much of the answer the prefill holds already; other words may precede it."""
    if not prefill:
        return 0
    if said.startswith(prefill):
        return len(prefill)
    at = prefill.find(first)
    while at >= 0:
        if said.startswith(prefill[at:]):
            return len(prefill) - at
        at = prefill.find(first, at + 1)
    return 0


def _split(said: str, chunk: int, start: int = 0) -> tuple[tuple[str, ...], int]:
    """Cut into deltas of `chunk` tokens, on the same borders wherever the text was taken up."""
    size = chunk * TOKEN_CHARS
    first = size - start % size
    pieces = [said[:first]] if said else []
    pieces += [said[k : k + size] for k in range(first, len(said), size)]
    return tuple(pieces), -(-len(said) // TOKEN_CHARS)


def _thought(request: Request, prompt: Prompt, seed: bytes) -> tuple[Body, ...]:
    config = request.reasoning
    asked = prompt.directive_number("reasoning")
    if config is None or prompt.prefill is not None or config.effort in _REASONING_OFF:
        return ()
    if not (config.enabled or config.budget_tokens or (config.enabled is None and config.effort)):
        return ()
    count = int(asked) if asked is not None else _REASONING_TOKENS
    inner = digest(seed.hex(), "reasoning")
    tokens = tuple(token(inner, k) for k in range(count))
    return (Body(PartKind.REASONING, tokens, count, signature=f"sim{inner.hex()}"),)


def _calls(request: Request, prompt: Prompt, seed: bytes) -> tuple[Body, ...]:
    choice = request.tool_choice
    tools = {tool.name: tool for tool in request.tools if isinstance(tool, Tool)}
    if not tools or prompt.is_after_tool or (choice is not None and choice.mode is Choice.NONE):
        return ()
    names = [name for name in prompt.directive_values("tool") if name in tools]
    if choice is not None and choice.mode is Choice.NAMED and choice.name in tools:
        names = [choice.name]
    if not names and choice is not None and choice.mode is Choice.REQUIRED:
        names = [next(iter(tools))]
    if request.parallel_tool_calls is False:
        names = names[:1]
    return tuple(
        _call(tools[name], digest(seed.hex(), name, str(k))) for k, name in enumerate(names)
    )


def _call(tool: Tool, seed: bytes) -> Body:
    schema = None if tool.schema is None else bytes(tool.schema)
    arguments = "{}" if schema is None else write_json(seed, schema)
    pieces, count = _split(arguments, 2)
    return Body(PartKind.TOOL_CALL, pieces, count, id=f"call_{seed[:9].hex()}", name=tool.name)
