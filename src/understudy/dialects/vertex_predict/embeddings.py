"""Vectors of texts, a text an instance."""

import msgspec
from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.chat.usage import Usage
from understudy.dialects.embeddings.common import (
    EmbeddingsDialect,
    check_count,
    check_dimensions,
    task_of,
    text_for,
    vector_of,
    written,
)
from understudy.dialects.embeddings.gemini import PURPOSES, WORDS
from understudy.dialects.operation import Answer, Flawed, foreign_extensions, own_extensions
from understudy.dialects.reading import Raws, Reader
from understudy.dialects.vertex_predict.shape import (
    ERRORS,
    NAME,
    PATHS,
    read_instances,
    read_predictions,
)
from understudy.operations.embeddings import Embedded, EmbedTask, Item, Purpose, Truncate
from understudy.operations.vectors import BASE64, FLOAT, Vector

_encode = msgspec.json.encode


class _Statistics(msgspec.Struct):
    token_count: float | None = None


class _Embedding(msgspec.Struct):
    values: msgspec.Raw = msgspec.Raw()
    statistics: _Statistics = msgspec.field(default_factory=_Statistics)


class PredictEmbeddings(EmbeddingsDialect):
    name = NAME
    paths = PATHS
    errors = ERRORS

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        model, instances, parameters, rest = read_instances(body, path)
        check_count(len(instances), "instances")
        read = [_read_item(each) for each in instances]
        purpose = read[0][1]
        if any(said != purpose for _, said in read):
            raise InvalidRequest("instances", "expected one task_type for all instances")
        cuts = parameters.boolean("autoTruncate")
        where = parameters.at("outputDimensionality")
        task = EmbedTask(
            tuple(item for item, _ in read),
            dimensions=check_dimensions(parameters.integer("outputDimensionality"), where),
            purpose=purpose,
            truncate=None if cuts is None else (Truncate.END if cuts else Truncate.NONE),
        )
        more = [reader.rest() for reader in instances]
        if any(more):
            rest["instances"] = msgspec.Raw(_encode(more))
        if parameters.rest():
            rest["parameters"] = msgspec.Raw(_encode(parameters.rest()))
        return Request(model, (), task=task, extensions={self.name: rest} if rest else {})

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        task = task_of(request)
        own = own_extensions(request, self.name)
        losses = foreign_extensions(request, self.name)
        more = msgspec.json.decode(own.get("instances", msgspec.Raw(b"[]")), type=list[Raws])
        instances: list[dict[str, object]] = []
        for number, item in enumerate(task.items):
            titled = msgspec.structs.replace(item, title=None)
            instance: dict[str, object] = {"content": text_for(titled, number, losses)}
            instance |= more[number] if number < len(more) else {}
            if task.purpose is not None:
                instance["task_type"] = WORDS[task.purpose]
            if item.title is not None:
                instance["title"] = item.title
            instances.append(instance)
        parameters: dict[str, object] = {}
        if "parameters" in own:
            parameters |= msgspec.json.decode(own["parameters"], type=Raws)
        if task.dimensions is not None:
            parameters["outputDimensionality"] = task.dimensions
        if task.truncate is Truncate.START:
            losses.append(Loss("task.truncate", "cut at the end only"))
        elif task.truncate is not None:
            parameters["autoTruncate"] = task.truncate is Truncate.END
        if request.user is not None:
            losses.append(Loss("user", "no word for it here"))
        if BASE64 not in task.dtypes:
            losses += [Loss(f"task.dtypes.{dtype}", "floats only") for dtype in task.dtypes[1:]]
        rest = {name: raw for name, raw in own.items() if name not in {"instances", "parameters"}}
        return _encode({"instances": instances, "parameters": parameters, **rest}), losses

    @override
    def read_answer(self, tree: Raws) -> Answer:
        vectors: list[Vector] = []
        count: float | None = None
        for number, row in enumerate(read_predictions(tree)):
            where = f"predictions[{number}].embeddings"
            try:
                said = msgspec.json.decode(row.get("embeddings", b"{}"), type=_Embedding)
            except msgspec.MsgspecError as error:
                raise Flawed("schema_violation", f"{where}: expected a vector ({error})") from None
            vectors.append(vector_of(said.values, f"{where}.values"))
            if said.statistics.token_count is not None:
                count = (count or 0) + said.statistics.token_count
        usage = None if count is None else Usage(input_tokens=int(count))
        return Answer(Embedded(tuple(vectors)), usage, fields=tree)

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        """Counts are of each vector here: all that is known is said of the first."""
        losses: list[Loss] = []
        assert isinstance(answer.result, Embedded)
        predictions = []
        for number, row in enumerate(written(answer.result, FLOAT, losses)):
            said: dict[str, object] = {"values": row}
            if answer.usage is not None:
                count = answer.usage.prompt_tokens if number == 0 else 0
                said["statistics"] = {"truncated": False, "token_count": count}
            predictions.append({"embeddings": said})
        return _encode({"predictions": predictions, **answer.fields}), losses


def _read_item(reader: Reader) -> tuple[Item, Purpose | None]:
    said = reader.string("task_type") or reader.string("taskType")
    if said and said not in PURPOSES:
        reason = f"expected one of {', '.join(PURPOSES)}, found {said[:80]!r}"
        raise InvalidRequest(reader.at("task_type"), reason)
    item = Item((reader.need_string("content"),), title=reader.string("title"))
    return item, PURPOSES.get(said or "")
