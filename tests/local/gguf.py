"""A GGUF file of some 100 KB that a real engine loads: a llama without attention, whose every token
has one successor (GGUF specification, version 3, of ggml; read 2026-11-25).

Its embeddings are orthogonal enough, and its output matrix maps each token to the next, so it says
one sentence by heart: greedy or not, on every machine.
"""

import random
import struct
from pathlib import Path

WIDTH = 64
SENTENCE = [
    "the",
    "floor",
    "holds",
    "when",
    "every",
    "house",
    "above",
    "it",
    "has",
    "burnt",
    "down",
    "and",
    "nobody",
    "else",
    "is",
    "left",
    "to",
    "answer",
]
ENDLESS = [f"on{n}" for n in range(40)]
SAY, LOOP = "<say>", "<loop>"
TEMPLATE = (
    "{% if 'forever' in messages[-1]['content'] %}" + LOOP + "{% else %}" + SAY + "{% endif %}"
)
TEXT = " ".join(SENTENCE)

UINT32, FLOAT32, STRING, ARRAY, INT32 = 4, 6, 8, 9, 5
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6


def write_model(path: Path, *, context: int = 65536) -> Path:
    """Write the file; returns its path."""
    words = [*SENTENCE, *ENDLESS]
    tokens = ["<unk>", "<s>", "</s>", SAY, LOOP]
    kinds = [UNKNOWN, CONTROL, CONTROL, CONTROL, CONTROL]
    tokens += [f"<0x{byte:02X}>" for byte in range(256)]
    kinds += [BYTE] * 256
    first = len(tokens)
    tokens += [f"\u2581{word}" for word in words]
    last = len(tokens)
    # A text is put together from its beginning: each beginning of a word has to be a token, too.
    starts = {f"\u2581{word[:length]}" for word in words for length in range(1, len(word))}
    tokens += sorted(starts - set(tokens))
    kinds += [NORMAL] * (len(tokens) - first)
    said, loop = first, first + len(SENTENCE)
    following = {3: said, 4: loop, loop + len(ENDLESS) - 1: loop, loop - 1: 2}
    for at in range(first, last):
        following.setdefault(at, at + 1)
    meta = [
        _text("general.architecture", "llama"),
        _text("general.name", "a floor of one sentence"),
        _number("llama.context_length", context),
        _number("llama.embedding_length", WIDTH),
        _number("llama.block_count", 1),
        _number("llama.feed_forward_length", WIDTH),
        _number("llama.attention.head_count", 2),
        _number("llama.rope.dimension_count", WIDTH // 2),
        _real("llama.attention.layer_norm_rms_epsilon", 1e-5),
        _text("tokenizer.ggml.model", "llama"),
        _list("tokenizer.ggml.tokens", STRING, [_string(token) for token in tokens]),
        _list("tokenizer.ggml.scores", FLOAT32, [struct.pack("<f", 0.0)] * len(tokens)),
        _list("tokenizer.ggml.token_type", INT32, [struct.pack("<i", kind) for kind in kinds]),
        _number("tokenizer.ggml.bos_token_id", 1),
        _number("tokenizer.ggml.eos_token_id", 2),
        _number("tokenizer.ggml.unknown_token_id", 0),
        _text("tokenizer.chat_template", TEMPLATE),
    ]
    path.write_bytes(_file(meta, _tensors(len(tokens), following)))
    return path


def _tensors(count: int, following: dict[int, int]) -> list[tuple[str, tuple[int, ...], bytes]]:
    chance = random.Random(1)  # noqa: S311 - the same file every time
    rows = [[chance.choice((-1.0, 1.0)) for _ in range(WIDTH)] for _ in range(count)]
    output = [[0.0] * WIDTH for _ in range(count)]
    for token, successor in following.items():
        output[successor] = [a + b / 2 for a, b in zip(output[successor], rows[token], strict=True)]
    nothing = bytes(4 * WIDTH * WIDTH)
    ones = struct.pack(f"<{WIDTH}f", *[1.0] * WIDTH)
    square = (WIDTH, WIDTH)
    layer = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
    return [
        ("token_embd.weight", (WIDTH, count), _matrix(rows)),
        ("output_norm.weight", (WIDTH,), ones),
        ("output.weight", (WIDTH, count), _matrix(output)),
        ("blk.0.attn_norm.weight", (WIDTH,), ones),
        ("blk.0.ffn_norm.weight", (WIDTH,), ones),
        *((f"blk.0.{name}.weight", square, nothing) for name in layer),
    ]


def _file(meta: list[bytes], tensors: list[tuple[str, tuple[int, ...], bytes]]) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(meta)) + b"".join(meta)
    place, data = 0, b""
    for name, shape, values in tensors:
        head += _string(name) + struct.pack("<I", len(shape))
        head += struct.pack(f"<{len(shape)}Q", *shape) + struct.pack("<IQ", 0, place)
        data += values + bytes(-len(values) % 32)
        place = len(data)
    return head + bytes(-len(head) % 32) + data


def _matrix(rows: list[list[float]]) -> bytes:
    return b"".join(struct.pack(f"<{WIDTH}f", *row) for row in rows)


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _text(key: str, text: str) -> bytes:
    return _string(key) + struct.pack("<I", STRING) + _string(text)


def _number(key: str, number: int) -> bytes:
    return _string(key) + struct.pack("<II", UINT32, number)


def _real(key: str, number: float) -> bytes:
    return _string(key) + struct.pack("<If", FLOAT32, number)


def _list(key: str, kind: int, values: list[bytes]) -> bytes:
    return _string(key) + struct.pack("<IIQ", ARRAY, kind, len(values)) + b"".join(values)
