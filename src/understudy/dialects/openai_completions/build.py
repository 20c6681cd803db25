"""Requests, the neutral model to bytes for one endpoint. What cannot be said becomes a loss."""

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Loss
from understudy.chat.request import Choice, Format, Request
from understudy.dialects.noting import Noting
from understudy.dialects.openai_completions.prompt import Prompt
from understudy.dialects.openai_completions.schema import EXTRA, NAME, STANDARD, encode
from understudy.dialects.toplevel import rename
from understudy.wire.http import HttpRequest

_TEXT_ONLY = frozenset({(), ("text",)})
_OFF = frozenset({"none", "off"})
_REFUSED = "this model refuses it"
_MOST_STOPS = 4

Body = dict[str, object]


def build_request(request: Request, endpoint: Endpoint) -> tuple[HttpRequest, tuple[Loss, ...]]:
    """Write `request` for `endpoint`."""
    builder = _Builder(request, endpoint)
    body = builder.body()
    rename(body, renames_of(endpoint.renames))
    headers = ((b"content-type", b"application/json"), *endpoint.headers)
    written = HttpRequest("POST", endpoint.path, headers, encode(body))
    return written, tuple(dict.fromkeys(builder.losses))


def renames_of(renames: dict[str, str]) -> dict[str, str]:
    """Those that hold here: a limit has one name only, whatever a host's chat calls it."""
    return {old: new for old, new in renames.items() if old != "max_tokens"}


class _Builder(Noting):
    """One request being written."""

    def __init__(self, request: Request, endpoint: Endpoint) -> None:
        super().__init__()
        self._request = request
        self._endpoint = endpoint

    def body(self) -> Body:
        request = self._request
        prompt = Prompt(request)
        body: Body = {"model": self._endpoint.model, "prompt": prompt.text()}
        self.losses += prompt.losses
        if request.stream:
            body["stream"] = True
            if "wants_usage" not in self._endpoint.rejects:  # a host may say usage unasked
                body["stream_options"] = {"include_usage": True}
        self._sampling(body)
        self._limits(body)
        self._tools()
        self._rest(body)
        self._extend(body)
        return body

    def _sampling(self, body: Body) -> None:
        sampling = self._request.sampling
        for field in (*STANDARD, *EXTRA, "logit_bias"):
            value = getattr(sampling, field)
            path = f"sampling.{field}"
            if value is None:
                continue
            if path in self._endpoint.rejects:
                self.drop(path, _REFUSED)
            elif field in EXTRA and path not in self._endpoint.accepts:
                self.drop(path, "this host does not know it")
            else:
                body[field] = value
        for field in ("logprobs", "top_logprobs"):
            if getattr(sampling, field):
                self.drop(f"sampling.{field}", "said otherwise in this dialect's answers")

    def _limits(self, body: Body) -> None:
        stop = self._request.stop
        if stop and "stop" in self._endpoint.rejects:
            self.drop("stop", _REFUSED)
        elif stop:
            body["stop"] = stop[:_MOST_STOPS]
            for number in range(_MOST_STOPS, len(stop)):
                self.drop(f"stop[{number}]", f"at most {_MOST_STOPS}")
        limit, most = self._request.max_output_tokens, self._endpoint.max_output_tokens
        if limit is not None and most is not None and limit > most:
            self.change("max_output_tokens", f"{most}, not {limit}: the model writes no more")
            limit = most
        if limit is not None:
            body["max_tokens"] = limit

    def _tools(self) -> None:
        request = self._request
        for number, _ in enumerate(request.tools):
            self.drop(f"tools[{number}]", "a prompt offers no tools")
        choice = request.tool_choice
        if choice is not None and (choice.mode is not Choice.AUTO or choice.raw is not None):
            self.drop("tool_choice", "a prompt offers no tools")
        if request.parallel_tool_calls is not None:
            self.drop("parallel_tool_calls", "a prompt offers no tools")

    def _rest(self, body: Body) -> None:
        request = self._request
        if request.user is not None and "user" in self._endpoint.rejects:
            self.drop("user", _REFUSED)
        elif request.user is not None:
            body["user"] = request.user
        wanted = request.response_format
        if wanted is not None and wanted.kind is not Format.TEXT:
            self.drop("response_format", "a prompt asks for no format")
        thoughts = request.reasoning
        is_off = thoughts is not None and (thoughts.enabled is False or thoughts.effort in _OFF)
        can_think = Capability.REASONING in self._endpoint.capabilities
        if thoughts is not None and (can_think or not is_off):
            self.drop("reasoning", "a prompt says nothing of thoughts")
        if request.metadata:
            self.drop("metadata", "no word for it")
        if request.cache is not None:
            self.drop("cache", "prompts are cached without being told to")
        if request.modalities not in _TEXT_ONLY:
            self.drop("modalities", "answers are text")

    def _extend(self, body: Body) -> None:
        """Add the fields that the neutral model has no word for, where they are this dialect's."""
        taken = self.taken(self._request.extensions, NAME, self._endpoint.rejects)
        self.place(body, taken, NAME)
