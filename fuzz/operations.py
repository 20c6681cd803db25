"""Targets that read requests and answers of the operations besides chat."""

from collections.abc import Callable

from fuzz.target import pieces
from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.chat.events import Event, Failed, Finished
from understudy.chat.grammar import Grammar
from understudy.chat.request import Request
from understudy.dialects.base import Dialect, Edits, Methods, Splits
from understudy.dialects.catalog import OPERATIONS
from understudy.dialects.operation import OperationDialect
from understudy.operations.kinds import Operation
from understudy.sim.plan import plan
from understudy.sim.provider import Draft, Incoming, Provider, respond
from understudy.wire.http import ResponseHead
from understudy.wire.multipart import Part, write_form

JSON = ResponseHead(200, ((b"content-type", b"application/json"),))
_FORM = write_form(
    [
        Part("model", b"m"),
        Part("prompt", b"p"),
        Part("n", b"1"),
        Part("size", b"64x64"),
        Part("file", b"RIFF\x00", "a.wav", "audio/wav"),
        Part("image", b"\x89PNG", "a.png", "image/png"),
    ]
)[0]
SEEDS: dict[str, tuple[bytes, ...]] = {
    "openai_embeddings": (
        b'{"model":"m","input":["a","b"],"dimensions":3,"encoding_format":"base64"}',
        b'{"model":"m","input":[[1,2],[3]],"output_dtype":"int8","truncation":true}',
    ),
    "gemini_embeddings": (
        b'{"requests":[{"content":{"parts":[{"text":"a"}]},"taskType":"CLUSTERING"}]}',
    ),
    "cohere_embeddings": (
        b'{"model":"m","texts":["a"],"embedding_types":["float","int8"],"truncate":"END"}',
        b'{"model":"m","inputs":[{"content":[{"type":"text","text":"a"}]}]}',
    ),
    "ollama_embeddings": (b'{"model":"m","input":"a","truncate":false}',),
    "cohere_rerank": (b'{"model":"m","query":"q","documents":["a","b"],"top_n":1}',),
    "jina_rerank": (b'{"model":"m","query":"q","documents":["a",{"text":"b"}]}',),
    "voyage_rerank": (b'{"model":"m","query":"q","documents":["a"],"return_documents":true}',),
    "openai_moderation": (b'{"model":"m","input":["a","b"]}',),
    "mistral_moderation": (b'{"model":"m","input":"a"}',),
    "openai_images": (b'{"model":"m","prompt":"p","n":2,"size":"64x64"}', _FORM),
    "stability_images": (_FORM,),
    "automatic1111_images": (
        b'{"prompt":"p","override_settings":{"sd_model_checkpoint":"m"},"init_images":["AAAA"]}',
    ),
    "openai_transcription": (_FORM,),
    "openai_speech": (b'{"model":"m","input":"a","voice":"v"}',),
    "pinned_files": (b'{"input_file_id":"file-a~one"}', _FORM, b""),
    "openai_files": (b'{"input_file_id":"file-a"}', _FORM, b""),
}


def answer_seeds(name: str) -> list[bytes]:
    """What a simulated provider answers to the seeds of requests."""
    dialect = OPERATIONS[name]
    made = []
    for body in SEEDS[name]:
        incoming = Incoming("POST", path_of(dialect).removeprefix("POST "), (), body)
        said = respond(Provider("p", name), dialect, incoming)
        if isinstance(said, Draft):
            raw = b"".join(step.data for step in plan(dialect, said))
            made.append(raw.partition(b"\r\n\r\n")[2])
    return made


def path_of(dialect: Dialect) -> str:
    """Where its requests go, the method before it where that matters."""
    paths = dialect.chat_paths()
    several = next((path for path in paths if "batchEmbed" in path), paths[0])
    path = several.replace("{model}", "m")
    return f"POST {path}" if isinstance(dialect, Methods) else path


def request(name: str) -> Callable[[bytes], None]:
    """A target: requests of one dialect, told to all others of its operation."""
    dialect = OPERATIONS[name]
    path = path_of(dialect)

    def run(data: bytes) -> None:
        try:
            glance = dialect.glance(data, path)
            asked = dialect.parse_request(data, path)
        except InvalidRequest as error:
            assert 400 <= error.status < 500
            return
        assert glance.model == asked.model
        dialect.edit_request(data, Edits("other"))
        for other_name, other in OPERATIONS.items():
            if _operation(other) is glance.operation:
                _told(other_name, other, asked)
        if isinstance(dialect, Splits):
            for portion in dialect.split(data, path, 2):
                dialect.parse_request(portion, path)

    return run


def whole(name: str) -> Callable[[bytes], None]:
    """A target: answers of one dialect, told to all others of its operation."""
    dialect = OPERATIONS[name]
    asked = dialect.parse_request(SEEDS[name][0], path_of(dialect))

    def run(data: bytes) -> None:
        events = _heard(dialect, [data])
        assert events == _heard(dialect, pieces(data)), "cuts change the events"
        grammar = Grammar()
        for event in events:
            grammar.receive(event)
        end = events[-1]
        skimmed = dialect.skim(JSON, data)
        assert (skimmed is not None) == isinstance(end, Finished), "a skim says what a decoder does"
        if isinstance(end, Finished):
            assert skimmed == end
            for other in OPERATIONS.values():
                if _operation(other) is _operation(dialect):
                    encoder = other.encoder(asked)
                    for event in events:
                        encoder.send(event)

    return run


def _told(name: str, other: Dialect, asked: Request) -> None:
    """What is written can be read, where the address tells all that it has to."""
    where = "/v1beta/models/up:{leaf}" if name.startswith("gemini") else "/x/{leaf}"
    if name.startswith("vertex"):
        where = path_of(other)
    try:
        built, losses = other.build_request(asked, Endpoint(name, "up", where, "p"))
    except InvalidRequest:
        return
    assert all(loss.token for loss in losses)
    if other.chat_paths() and not isinstance(other, Methods):  # Without any, no caller speaks it.
        other.parse_request(built.body, built.path)


def _heard(dialect: Dialect, reads: list[bytes]) -> list[Event]:
    decoder = dialect.decoder(JSON, stream=False)
    items = [item for read in reads for item in decoder.receive_data(read)]
    items += decoder.receive_eof()
    assert b"".join(item.raw for item in items) == b"".join(reads), "bytes got lost"
    events = [event for item in items for event in item.events]
    assert isinstance(events[-1], Finished | Failed)
    return events


def _operation(dialect: Dialect) -> Operation:
    assert isinstance(dialect, OperationDialect)
    return dialect.operation
