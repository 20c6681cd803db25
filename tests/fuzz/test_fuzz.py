"""A short run of every fuzz target: the seeds, what was found before, the same mutations each time.

`make fuzz TARGET=...` goes on from here, guided by coverage; what it finds gets a test of its own
beside the code that it broke, and its bytes stay in `fuzz/corpus`.
"""

import tracemalloc
from pathlib import Path

import pytest
from fuzz.catalog import CORPUS, targets
from fuzz.mutation import mutations
from fuzz.target import TooLong, bounded, pieces

TARGETS = targets()
MUTATIONS = 150
MOST_BYTES = 32 * 1024 * 1024
"""Of memory, for one input of at most 16 KiB."""


def corpus(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))]


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_and_findings_hold_and_cost_no_more_than_they_should(name: str) -> None:
    target = TARGETS[name]
    for data in [b"", *target.seeds, *corpus(name)]:
        bounded(target.run, data)


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.timeout(120)
def test_mutations_hold(name: str) -> None:
    target = TARGETS[name]
    for data in mutations(target, corpus(name), MUTATIONS):
        target.run(data)


@pytest.mark.parametrize("name", TARGETS)
def test_memory_is_bounded(name: str) -> None:
    target = TARGETS[name]
    largest = max(target.seeds, key=len)
    target.run(largest)
    tracemalloc.start()
    try:
        target.run((largest * 20)[: 16 * 1024])
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()


def test_the_corpus_belongs_to_targets():
    folders = {path.name for path in Path(CORPUS).iterdir()}
    assert folders <= TARGETS.keys()
    assert sum(path.stat().st_size for path in CORPUS.rglob("*") if path.is_file()) < 256 * 1024


def test_a_loop_without_end_is_noticed():
    def hang(_data: bytes) -> None:
        while True:
            pass

    with pytest.raises(TooLong):
        bounded(hang, b"x")


def test_reads_are_the_bytes():
    data = bytes(range(256)) * 20
    assert b"".join(pieces(data)) == data
    assert len(pieces(data)) > 20
    assert pieces(b"") == []
