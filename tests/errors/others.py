"""Who asks for anything but chat, and which providers may be asked for it.

An `Other` is one call of an official client. Where a vendor has none for it, the request is plain
and what is raised is `Refused`.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import httpx
import openai
from mistralai.client import Mistral
from tests.errors.callers import ANTHROPIC, AWS, COHERE, GOOGLE, LINE, OLLAMA, OPENAI, PLAIN
from tests.errors.lone import ROUTE

from understudy.operations.kinds import Operation

PNG = b"\x89PNG\r\n\x1a\n rest"
SOUND = b"RIFF sound"
NONE: Any = {"max_retries": 0}
AZURE = openai.AzureOpenAI(
    api_key="none",
    api_version="2024-10-21",
    azure_endpoint="http://gateway",
    max_retries=0,
    http_client=OPENAI._client,
)
_WIRE: Any = httpx.Client(transport=httpx.MockTransport(LINE.old))
MISTRAL = Mistral(
    api_key="none",
    server_url="http://gateway",
    client=_WIRE,
)


class Refused(Exception):
    """A plain request has come to an error."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(answer.text)
        self.answer = answer


class Other(NamedTuple):
    """`judge` is whose list of errors counts; `may_guess`: a target's trouble is no error, for then
    the tokens are guessed.
    """

    ask: Callable[[], object]
    operation: Operation
    upstreams: tuple[str, ...]
    judge: str
    may_guess: bool = False


def _plain(path: str, **how: Any) -> Callable[[], object]:
    def ask() -> object:
        answer = PLAIN.post(f"http://gateway{path}", **how)
        if answer.is_error:
            raise Refused(answer)
        return answer

    return ask


def _embedded(ask: Callable[[], object], judge: str) -> Other:
    return Other(ask, Operation.EMBEDDINGS, EMBEDDERS, judge)


def _ranked(ask: Callable[[], object], judge: str) -> Other:
    return Other(ask, Operation.RERANK, RANKERS, judge)


def _drawn(ask: Callable[[], object], judge: str) -> Other:
    return Other(ask, Operation.IMAGES, DRAWERS, judge)


def _heard(ask: Callable[[], object], judge: str = "openai_chat") -> Other:
    return Other(ask, Operation.TRANSCRIPTION, ("openai_transcription",), judge)


def _counted(ask: Callable[[], object], upstream: str) -> Other:
    return Other(ask, Operation.CHAT, (upstream,), upstream, may_guess=True)


EMBEDDERS = ("openai_embeddings", "gemini_embeddings", "cohere_embeddings", "ollama_embeddings")
RANKERS = ("cohere_rerank", "jina_rerank", "voyage_rerank")
DRAWERS = ("openai_images", "stability_images", "automatic1111_images")
MODERATORS = ("openai_moderation", "mistral_moderation")
TEXTS = ["a", "b"]
RANKING = {"model": ROUTE, "query": "a", "documents": TEXTS}
CONTENT = {"content": {"parts": [{"text": "a"}]}}
BLOCKS = [{"role": "user", "content": [{"text": "count"}]}]
TURN: Any = [{"role": "user", "content": "count"}]
PICTURE: Any = ("a.png", PNG, "image/png")
DRAWING = {"prompt": "a", "override_settings": {"sd_model_checkpoint": ROUTE}}

OTHERS: Mapping[str, Other] = {
    "openai embeddings": _embedded(
        lambda: OPENAI.embeddings.create(model=ROUTE, input=TEXTS), "openai_chat"
    ),
    "azure embeddings": _embedded(
        lambda: AZURE.embeddings.create(model=ROUTE, input=TEXTS), "openai_chat"
    ),
    "mistral embeddings": _embedded(
        lambda: MISTRAL.embeddings.create(model=ROUTE, inputs=TEXTS), "mistral"
    ),
    "gemini embed_content": _embedded(
        lambda: GOOGLE.models.embed_content(model=ROUTE, contents=TEXTS), "gemini_generate"
    ),
    "gemini embedContent": _embedded(
        _plain(f"/v1beta/models/{ROUTE}:embedContent", json=CONTENT), "plain_google"
    ),
    "cohere embed": _embedded(
        lambda: COHERE.embed(
            model=ROUTE,
            texts=TEXTS,
            input_type="search_document",
            embedding_types=["float"],
            request_options=NONE,
        ),
        "cohere_chat",
    ),
    "ollama embed": _embedded(lambda: OLLAMA.embed(ROUTE, TEXTS), "ollama_chat"),
    "ollama embeddings": _embedded(lambda: OLLAMA.embeddings(ROUTE, "a"), "ollama_chat"),
    "cohere rerank": _ranked(
        lambda: COHERE.rerank(model=ROUTE, query="a", documents=TEXTS, request_options=NONE),
        "cohere_chat",
    ),
    "jina rerank": _ranked(_plain("/v1/rerank", json=RANKING), "detail"),
    "voyage rerank": _ranked(_plain("/voyage/v1/rerank", json=RANKING), "detail"),
    "openai moderations": Other(
        lambda: OPENAI.moderations.create(model=ROUTE, input="a"),
        Operation.MODERATION,
        MODERATORS,
        "openai_chat",
    ),
    "openai images generate": _drawn(
        lambda: OPENAI.images.generate(model=ROUTE, prompt="a"), "openai_chat"
    ),
    "openai images edit": _drawn(
        lambda: OPENAI.images.edit(model=ROUTE, prompt="a", image=PICTURE), "openai_chat"
    ),
    "azure images generate": _drawn(
        lambda: AZURE.images.generate(model=ROUTE, prompt="a"), "openai_chat"
    ),
    "stability": _drawn(
        _plain(f"/v2beta/stable-image/generate/{ROUTE}", files={"prompt": (None, "a")}),
        "stability",
    ),
    "automatic1111": _drawn(_plain("/sdapi/v1/txt2img", json=DRAWING), "automatic1111"),
    "openai transcriptions": _heard(
        lambda: OPENAI.audio.transcriptions.create(model=ROUTE, file=("a.wav", SOUND))
    ),
    "openai translations": _heard(
        lambda: OPENAI.audio.translations.create(model=ROUTE, file=("a.wav", SOUND))
    ),
    "azure transcriptions": _heard(
        lambda: AZURE.audio.transcriptions.create(model=ROUTE, file=("a.wav", SOUND))
    ),
    "openai speech": Other(
        lambda: OPENAI.audio.speech.create(model=ROUTE, voice="alloy", input="a").read(),
        Operation.SPEECH,
        ("openai_speech",),
        "openai_chat",
    ),
    "openai files create": Other(
        lambda: OPENAI.files.create(file=("a.jsonl", b"{}"), purpose="batch"),
        Operation.FILES,
        ("openai_files",),
        "openai_chat",
    ),
    "openai files list": Other(
        OPENAI.files.list, Operation.FILES, ("openai_files",), "openai_chat"
    ),
    "openai input_tokens": _counted(
        lambda: OPENAI.responses.input_tokens.count(model=ROUTE, input="a"), "openai_responses"
    ),
    "openai compact": Other(
        lambda: OPENAI.responses.compact(model=ROUTE, input=TURN),
        Operation.CHAT,
        ("openai_responses",),
        "openai_responses",
    ),
    "anthropic count_tokens": _counted(
        lambda: ANTHROPIC.messages.count_tokens(model=ROUTE, messages=TURN), "anthropic_messages"
    ),
    "gemini count_tokens": _counted(
        lambda: GOOGLE.models.count_tokens(model=ROUTE, contents="a"), "gemini_generate"
    ),
    "bedrock count_tokens": _counted(
        lambda: AWS.count_tokens(modelId=ROUTE, input={"converse": {"messages": BLOCKS}}),
        "bedrock_converse",
    ),
}
