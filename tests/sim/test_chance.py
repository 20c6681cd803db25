"""Chance: a function of seed and name, and fair enough."""

import pytest

from understudy.sim.chance import Chance, Stream


def test_splitmix64_gives_its_published_numbers():
    stream = Stream(1234567)
    assert [stream.bits() for _ in range(3)] == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_a_stream_is_a_function_of_seed_and_name():
    def begin(seed: int, name: str) -> list[int]:
        stream = Chance(seed).stream(name)
        return [stream.bits() for _ in range(4)]

    assert begin(1, "a") == begin(1, "a")
    assert len({tuple(begin(seed, name)) for seed in (1, 2) for name in ("a", "b")}) == 4


def test_draws_of_one_stream_move_no_other():
    chance = Chance(7)
    first = chance.stream("a")
    first.draw()
    assert chance.stream("b").draw() == Chance(7).stream("b").draw()


def test_numbers_are_where_they_should_be():
    stream = Stream(5)
    draws = [stream.draw() for _ in range(4000)]
    assert all(0.0 <= draw < 1.0 for draw in draws)
    assert sum(draws) / 4000 == pytest.approx(0.5, abs=0.02)
    assert {stream.below(3) for _ in range(100)} == {0, 1, 2}
    assert all(2.0 <= stream.between(2.0, 3.0) < 3.0 for _ in range(100))
    assert sum(stream.happens(0.2) for _ in range(4000)) / 4000 == pytest.approx(0.2, abs=0.03)
    times = [stream.exponential(2.0) for _ in range(4000)]
    assert sum(times) / 4000 == pytest.approx(2.0, abs=0.15)


def test_some_are_different_ones_in_their_order():
    stream = Stream(3)
    for _ in range(50):
        found = stream.some("abcdef", 3)
        assert found == sorted(set(found))
        assert len(found) == 3
    assert stream.some("ab", 5) == ["a", "b"]
    assert {stream.pick("ab") for _ in range(50)} == {"a", "b"}
