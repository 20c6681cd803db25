"""The head of a model's file: what it says, and every way not to be one."""

import contextlib
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.local.gguf import WIDTH, write_model

from understudy.providers import gguf
from understudy.providers.gguf import GgufFacts, NotGguf, read_gguf


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_model(Path(tmp_path_factory.mktemp("model")) / "m.gguf").read_bytes()


def read(data: bytes) -> GgufFacts:
    return read_gguf(memoryview(data))


def put(data: bytes, key: str, number: int) -> bytes:
    """Write another number under a key."""
    place = data.index(key.encode()) + len(key) + 4
    return data[:place] + struct.pack("<I", number) + data[place + 4 :]


def test_a_model_says_what_it_is(model):
    facts = read(model)
    assert facts == GgufFacts("llama", "a floor of one sentence", 1, WIDTH, 2, 0, 65536)
    assert facts.cache_bytes(1000) == 4 * WIDTH * 1000


def test_fewer_heads_keep_less():
    facts = GgufFacts("llama", "", layers=32, width=4096, heads=32, kv_heads=8, context=8192)
    assert facts.cache_bytes(8192) == 2**30
    nobody = GgufFacts("x", "", layers=0, width=0, heads=0, kv_heads=0, context=0)
    assert nobody.cache_bytes(8192) == 0


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", r"found b'' at its beginning"),
        (b"<html>not found</html>", "found b'<htm'"),
        (b"GGUF", "damaged head"),
        (b"GGUF" + struct.pack("<I", 1), "version 1"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 2**60), "damaged head"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 0), "no tensors"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**62), "goes on"),
        (b"GGUF" + struct.pack("<IQQQ1sI", 3, 0, 1, 1, b"k", 77), "kind 77"),
        (b"GGUF" + struct.pack("<IQQQ1sIIQ", 3, 0, 1, 1, b"k", 9, 9, 1), "kind 9"),
        (b"GGUF" + struct.pack("<IQQQ1sIIQ", 3, 0, 1, 1, b"k", 9, 8, 2**60), "more than"),
        (b"GGUF" + struct.pack("<IQQQ1sI", 3, 0, 1, 1, b"\xff", 4), "damaged head"),
    ],
)
def test_what_is_no_model_is_refused(data, found):
    with pytest.raises(NotGguf, match=found):
        read(data)


def test_a_file_that_is_cut_short_is_told_wherever_it_was_cut(model):
    for length in (5, 30, 100, 3000, len(model) // 2, len(model) - 1):
        with pytest.raises(NotGguf, match=r"cut short|damaged"):
            read(model[:length])


def test_a_model_without_architecture_is_none(model):
    with pytest.raises(NotGguf, match="architecture"):
        read(model.replace(b"general.architecture", b"general.architectura"))


def test_tensors_of_a_kind_nobody_knows_are_taken_at_their_word(monkeypatch, model):
    monkeypatch.setattr(gguf, "_BLOCKS", {})
    assert read(model[:-8]).architecture == "llama"


def test_an_alignment_of_its_own_moves_the_tensors(model):
    data = model.replace(b"llama.context_length", b"general.alignment\0\0\0")
    assert read(put(data, "general.alignment\0\0\0", 0)).context == 0


def test_a_head_of_zeros_is_not_read_to_its_end(model):
    """More tensors than there are: what follows them is no more of them."""
    with pytest.raises(NotGguf, match="without a name"):
        read(model[:8] + struct.pack("<Q", 50_000) + model[16:])


def test_a_tensor_has_four_dimensions_at_most(model):
    place = model.index(b"token_embd.weight") + len(b"token_embd.weight")
    with pytest.raises(NotGguf, match="found 1000000 dimensions, expected at most 4"):
        read(model[:place] + struct.pack("<I", 1_000_000) + model[place + 4 :])


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(noise):
    for data in (noise, b"GGUF" + noise, b"GGUF" + struct.pack("<I", 3) + noise):
        with contextlib.suppress(NotGguf):
            read(data)


@given(st.data())
def test_a_damaged_model_is_read_or_refused(model, data):
    place = data.draw(st.integers(0, 9000))
    byte = data.draw(st.binary(min_size=1, max_size=4))
    damaged = model[:place] + byte + model[place + len(byte) :]
    with contextlib.suppress(NotGguf):
        read(damaged)
