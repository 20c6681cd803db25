"""Rerank as Bedrock's InvokeModel says it: Cohere's words, with the model in the path.

Cohere's models demand the version of their API; Amazon's have none. Neither says who answered, or
what it counted.

Sources: Amazon Bedrock user guide, "Use a reranker model" and "Rerank 3.5" (2026), and bodies that
`invoke_model` was recorded with (DataDog/dd-trace-py, cohere_rerank_invoke, 2025-10-31).
"""

import msgspec
from typing_extensions import override

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Loss
from understudy.chat.request import Request
from understudy.dialects.aws import parse_failure, quote, render_failure
from understudy.dialects.base import Edits
from understudy.dialects.operation import Answer, ErrorShape
from understudy.dialects.paths import matched
from understudy.dialects.rerank.dialect import RerankDialect, Spelling
from understudy.dialects.toplevel import read_object
from understudy.operations.rerank import Ranked, RerankTask

_PATH = "/model/{model}/invoke"
_VERSION = "api_version"
_SPELLING = Spelling("top_n", None, "max_tokens_per_doc", None)

_encode = msgspec.json.encode


class BedrockRerank(RerankDialect):
    """Holds no state."""

    def __init__(self) -> None:
        errors = ErrorShape(parse_failure, render_failure)
        super().__init__("bedrock_rerank", (_PATH,), _SPELLING, errors)

    @override
    def read_request(self, body: bytes, path: str) -> Request:
        raws = read_object(body)
        if "model" in raws:
            raise InvalidRequest("model", "expected it in the path, found it in the body")
        raws.pop(_VERSION, None)
        model = (matched(path, self.paths) or {}).get("model", "") or "m"
        return super().read_request(_encode({"model": model, **raws}), path)

    @override
    def write_request(self, request: Request, endpoint: Endpoint) -> tuple[bytes, list[Loss]]:
        body, losses = super().write_request(request, endpoint)
        raws: dict[str, object] = {**read_object(body)}
        del raws["model"]
        if "cohere" in endpoint.model:
            raws[_VERSION] = 2
        return _encode(raws), losses

    @override
    def path(self, endpoint: Endpoint, *, stream: bool) -> str:
        return endpoint.path.replace("{model}", quote(endpoint.model))

    @override
    def edit_request(self, body: bytes, edits: Edits) -> bytes:
        """The model is in the path."""
        return body

    @override
    def write_answer(self, request: Request, answer: Answer) -> tuple[bytes, list[Loss]]:
        ranked, task = answer.result, request.task
        assert isinstance(ranked, Ranked)
        assert isinstance(task, RerankTask), "admission lets no other operation through"
        rows = [
            {"index": rank.index, "relevance_score": rank.score}
            for rank in ranked.ranks[: task.top]
        ]
        return _encode({"results": rows, **answer.fields}), []


BEDROCK = BedrockRerank()
