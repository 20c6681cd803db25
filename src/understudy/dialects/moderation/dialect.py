"""Moderation as OpenAI and Mistral say it: one request, and two sets of categories.

Sources: OpenAI API reference, "Create moderation"; Mistral AI, "Moderation" (both August 2026).
Both are at /v1/moderations, so clients that want Mistral's words come in under its name:
`/mistral/v1`. What a lab does not judge is never said to be harmless: the category is left out.
"""

import msgspec
from typing_extensions import override

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.base import Edits
from understudy.dialects.openai_chat import DIALECT as CHAT
from understudy.dialects.operation import (
    Answer,
    ErrorShape,
    Flawed,
    OperationDialect,
    foreign_extensions,
    own_extensions,
)
from understudy.dialects.reading import Raws, Reader, expected, is_list, is_string, text_of
from understudy.dialects.toplevel import edit, read_object
from understudy.operations.kinds import Operation
from understudy.operations.moderation import Moderated, ModerationTask, Verdict
from understudy.operations.task import Expected

_encode = msgspec.json.encode
_objects = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_flags = msgspec.json.Decoder(dict[str, bool | None]).decode
_scores = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_flag = msgspec.json.Decoder(bool | None).decode
_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_text = msgspec.json.Decoder(str | None).decode
_NULL = msgspec.Raw(b"null")

DEFAULT = "omni-moderation-latest"
"""The model, where a request names none (OpenAI's own default)."""

MOST_INPUTS = 10_000

_MISTRALS = {
    "sexual": "sexual",
    "hate_and_discrimination": "hate",
    "violence_and_threats": "violence",
    "dangerous_and_criminal_content": "illicit",
    "criminal": "illicit",
    "selfharm": "self-harm",
}
"""Mistral's categories, and the name of OpenAI's that judges the same."""

_OPENAIS = frozenset(
    {
        "harassment",
        "harassment/threatening",
        "hate",
        "hate/threatening",
        "illicit",
        "illicit/violent",
        "self-harm",
        "self-harm/instructions",
        "self-harm/intent",
        "sexual",
        "sexual/minors",
        "violence",
        "violence/graphic",
    }
)


class ModerationDialect(OperationDialect):
    operation = Operation.MODERATION
    errors = ErrorShape(CHAT.parse_failure, CHAT.render_failure)

    def __init__(self, name: str, paths: tuple[str, ...], names: dict[str, str]) -> None:
        self.name = name
        self.paths = paths
        self._names = names
        self._words = {neutral: word for word, neutral in reversed(names.items())}

    @override
    def needs(self, request: Request) -> frozenset[Capability]:
        is_all_text = all(isinstance(each, str) for each in _task(request).inputs)
        return frozenset() if is_all_text else frozenset({Capability.VISION})

    @override
    def expected(self, request: Request) -> Expected:
        return Expected(len(_task(request).inputs))

    @override
    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        raws = read_object(body)
        if "model" not in raws:
            return _encode({"model": edits.model, **raws})
        return edit(body, edits)

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        top = Reader(read_object(body))
        model = top.string("model") or DEFAULT
        raw = top.take("input")
        if raw is None:
            raise InvalidRequest("input", "expected a string or an array, found nothing")
        task = _read_inputs(raw)
        rest = top.rest()
        return Request(model, (), task=task, extensions={self.name: rest} if rest else {})

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        task = _task(request)
        losses = foreign_extensions(request, self.name)
        inputs: object = task.inputs if task.is_list else task.inputs[0]
        body = {"model": endpoint.model, "input": inputs}
        return _encode({**body, **own_extensions(request, self.name)}), losses

    @override
    def read_answer(self, tree: Raws) -> Answer:
        raw = tree.pop("results", None)
        if raw is None:
            raise Flawed("schema_violation", "expected results, found nothing")
        try:
            rows = _objects(raw)
            verdicts = tuple(self._verdict(row, number) for number, row in enumerate(rows))
            ident = _text(tree.pop("id", _NULL)) or ""
            model = _text(tree.pop("model", _NULL)) or ""
        except msgspec.MsgspecError as error:
            raise Flawed("schema_violation", f"expected verdicts ({error})") from None
        if any(rows):
            tree["results"] = msgspec.Raw(_encode(rows))
        return Answer(Moderated(verdicts), None, ident, model, fields=tree)

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        losses: list[Loss] = []
        fields = dict(answer.fields)
        beside = _objects(fields.pop("results", msgspec.Raw(b"[]")))
        moderated = answer.result
        assert isinstance(moderated, Moderated)
        rows = [
            {
                **self._row(verdict, number, losses),
                **(beside[number] if number < len(beside) else {}),
            }
            for number, verdict in enumerate(moderated.verdicts)
        ]
        body = {"id": answer.id, "model": answer.model, "results": rows}
        return _encode({**body, **fields}), losses

    def _verdict(self, row: dict[str, msgspec.Raw], number: int) -> Verdict:
        categories = row.pop("categories", None)
        if categories is None:
            raise Flawed("schema_violation", f"results[{number}]: expected categories")
        flags = {self._neutral(name): flag for name, flag in _flags(categories).items()}
        scores = _scores(row.pop("category_scores", msgspec.Raw(b"{}")))
        return Verdict(
            {name: flag for name, flag in flags.items() if flag is not None},
            {self._neutral(name): score for name, score in scores.items()},
            _flag(row.pop("flagged", _NULL)),
        )

    def _row(self, verdict: Verdict, number: int, losses: list[Loss]) -> dict[str, object]:
        categories: dict[str, object] = {}
        scores: dict[str, object] = {}
        for name in {**verdict.categories, **verdict.scores}:
            word = self._words.get(name, name)
            is_known = word in self._names if self._names else name in _OPENAIS
            if not is_known and self._is_theirs(name):
                losses.append(Loss(f"answer.results[{number}].{name}", "no such category here"))
                continue
            if name in verdict.categories:
                categories[word] = verdict.categories[name]
            if name in verdict.scores:
                scores[word] = verdict.scores[name]
        if self._names:
            return {"categories": categories, "category_scores": scores}
        return {
            "flagged": verdict.is_flagged,
            "categories": categories,
            "category_scores": scores,
        }

    def _neutral(self, name: str) -> str:
        return self._names.get(name, name)

    def _is_theirs(self, name: str) -> bool:
        """Whether a category is of the other lab; one that nobody knows yet is passed on."""
        return name in _OPENAIS if self._names else name.startswith(_FOREIGN)


_FOREIGN = ("pii", "health", "financial", "law", "dangerous", "jailbreaking")


def _task(request: Request) -> ModerationTask:
    task = request.task
    assert isinstance(task, ModerationTask), "admission lets no other operation through"
    return task


def _read_inputs(raw: msgspec.Raw) -> ModerationTask:
    if is_string(raw):
        return ModerationTask((text_of(raw),), is_list=False)
    if not is_list(raw):
        raise expected("a string or an array", raw, "input")
    items = _list(raw)
    if not items or len(items) > MOST_INPUTS:
        raise InvalidRequest("input", f"expected 1 to {MOST_INPUTS} inputs, found {len(items)}")
    if all(is_string(item) for item in items):
        return ModerationTask(tuple(text_of(item) for item in items))
    for number, item in enumerate(items):
        if not bytes(item).startswith(b"{"):
            raise expected("a string or a typed part", item, f"input[{number}]")
    return ModerationTask((raw,), is_list=False)  # the parts of one input


OPENAI = ModerationDialect(
    "openai_moderation", ("/v1/moderations", "/moderations", "/openai/v1/moderations"), {}
)
MISTRAL = ModerationDialect("mistral_moderation", ("/mistral/v1/moderations",), _MISTRALS)
