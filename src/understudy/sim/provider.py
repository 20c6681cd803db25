"""A simulated provider: a dialect's own encoder, and a model whose every token can be checked.

`respond` reads a request and says what would be answered if all were well; `plan` makes it bytes.
"""

import enum
import hmac

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Event, Finished
from understudy.chat.failure import Failure, Fault, Progress, Scope
from understudy.chat.request import Request
from understudy.chat.response import Folder, Piece
from understudy.dialects.base import Dialect, Methods
from understudy.dialects.catalog import COUNTS
from understudy.dialects.counting import Counting, Counts
from understudy.dialects.paths import ends_as
from understudy.sim.answer import Style, answer, expected_text
from understudy.sim.prompt import read_prompt
from understudy.sim.tasks import result_of
from understudy.wire.http import Headers, header


class Prefill(enum.Enum):
    """What a provider does with an answer begun by the caller: go on, refuse, or begin anew."""

    CONTINUE = "continue"
    REJECT = "reject"
    IGNORE = "ignore"


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one provider is. `rate` is in tokens a second (0: at once), `delay` seconds before them.

    `models` are those it knows (empty: any name). With `key`, requests without it are refused.
    `tokens` is the length of its answers (left out: by prompt), `chunk` the tokens in one delta.
    """

    name: str
    dialect: str
    port: int = 0
    models: tuple[str, ...] = ()
    rate: float = 0.0
    delay: float = 0.0
    tokens: int | None = None
    chunk: int = 1
    prefill: Prefill = Prefill.CONTINUE
    key: str | None = None

    @property
    def style(self) -> Style:
        return Style(self.tokens, self.chunk, reads_prefill=self.prefill is Prefill.CONTINUE)


class Incoming(msgspec.Struct, frozen=True):
    """A request as it came. Header names are in lower case."""

    method: str
    path: str
    headers: Headers
    body: bytes

    @property
    def key(self) -> str | None:
        """The credential that it carries, however it is sent."""
        for name in (b"x-api-key", b"api-key", b"x-goog-api-key"):
            value = header(self.headers, name)
            if value is not None:
                return value.decode("latin-1")
        value = header(self.headers, b"authorization")
        if value is None:
            return None
        return value.decode("latin-1").partition(" ")[2].strip()


class Draft(msgspec.Struct, frozen=True):
    """An answer before anything goes wrong. `is_stamped`: tokens carry the time of sending."""

    request: Request
    events: tuple[Event, ...]
    rate: float
    delay: float
    is_stamped: bool = False


class Models(msgspec.Struct, frozen=True):
    """The list of models was asked for, or another thing with one body for an answer."""

    body: bytes


def respond(provider: Provider, dialect: Dialect, incoming: Incoming) -> Draft | Models | Failure:
    """What the provider has to say to a request; a failure where the caller erred."""
    path = incoming.path.partition("?")[0].rstrip("/")
    if not _has_key(provider, incoming):
        return refusal(401, None, None, "Incorrect API key provided")
    if incoming.method == "GET" and path.endswith("/models"):
        return Models(dialect.render_models(provider.models or ("sim",)))
    for counts in COUNTS:
        if counts.chat is dialect and any(ends_as(path, known) for known in counts.paths):
            return _counted(provider, counts, incoming)
    if not any(ends_as(path, known) for known in dialect.chat_paths()):
        message = f"Unknown request URL: {incoming.method} {path[:200]}"
        return refusal(404, None, "unknown_url", message)
    known_methods = dialect.methods if isinstance(dialect, Methods) else frozenset({"POST"})
    if incoming.method not in known_methods:
        message = f"Not allowed to {incoming.method} on {path[:200]}"
        return refusal(405, None, "method_not_supported", message)
    return _draft(provider, dialect, incoming)


def refusal(
    status: int,
    type_: str | None,
    code: str | None,
    message: str,
    *,
    retry_after: float | None = None,
) -> Failure:
    """An error answer of a provider, for its dialect to render."""
    return Failure(
        kind="simulated",
        fault=Fault.CLIENT,  # so that a dialect shows its status as it is
        domain="request",
        charge=Scope.NONE,
        progress=Progress.SENT,
        message=message,
        status=status,
        type=type_,
        code=code,
        retry_after=retry_after,
    )


def expected_answer(dialect: Dialect, body: bytes) -> str:
    """The whole text that any well provider gives to a request: what a client must end up with."""
    request = dialect.parse_request(body)
    return expected_text(request, read_prompt(request))


def expected_pieces(dialect: Dialect, body: bytes) -> tuple[Piece, ...]:
    """All parts of that answer; none where the request cannot be read."""
    try:
        request = dialect.parse_request(body)
    except InvalidRequest:
        return ()
    folder = Folder()
    for event in answer(request, read_prompt(request), Style()):
        folder.receive(event)
    return folder.pieces()


def _draft(provider: Provider, dialect: Dialect, incoming: Incoming) -> Draft | Failure:
    try:
        where = incoming.path
        if isinstance(dialect, Methods):
            where = f"{incoming.method} {where}"
        request = dialect.parse_request(incoming.body, where)
    except InvalidRequest as error:
        return refusal(error.status, None, error.code, str(error))
    if provider.models and request.model not in provider.models:
        message = (
            f"The model `{request.model[:200]}` does not exist or you do not have access to it."
        )
        return refusal(404, None, "model_not_found", message)
    if request.task is not None:
        return Draft(request, result_of(request, request.task), provider.rate, provider.delay)
    prompt = read_prompt(request)
    if prompt.prefill is not None and provider.prefill is Prefill.REJECT:
        message = (
            "This model does not support assistant message prefill. "
            "The conversation must end with a user message."
        )
        return refusal(400, None, None, message)
    rate = prompt.directive_number("rate")
    delay = prompt.directive_number("delay")
    return Draft(
        request,
        tuple(answer(request, prompt, provider.style)),
        rate=provider.rate if rate is None else rate,
        delay=provider.delay if delay is None else delay,
        is_stamped=prompt.directive("stamp") is not None,
    )


def _counted(provider: Provider, counts: Counts, incoming: Incoming) -> Models | Failure:
    """How many tokens a prompt has, by the measure of an answer's usage. What only a vendor can
    do (a compaction) is not simulated.
    """
    if counts.answer is None:
        return refusal(404, None, "unknown_url", f"Not simulated: {counts.wanted}")
    said = _draft(provider, Counting(counts, incoming.body, incoming.path), incoming)
    if isinstance(said, Failure):
        return said
    end = said.events[-1]
    assert isinstance(end, Finished)
    return Models(counts.answer(0 if end.usage is None else end.usage.prompt_tokens))


def _has_key(provider: Provider, incoming: Incoming) -> bool:
    if provider.key is None:
        return True
    return hmac.compare_digest((incoming.key or "").encode(), provider.key.encode())
