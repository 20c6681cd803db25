"""Pauses grow, a sound life is forgiven, and there is an end."""

from understudy.shell.restarts import LONGEST, MOST, SOUND_AFTER, Restarts


def test_pauses_grow_until_it_is_given_up():
    restarts = Restarts()
    pauses = [restarts.died(0.0) for _ in range(MOST)]
    assert pauses == [1.0, 2.0, 4.0, 8.0, None]
    assert restarts.died(0.0) is None


def test_a_sound_life_begins_anew():
    restarts = Restarts()
    for _ in range(MOST - 1):
        restarts.died(0.0)
    assert restarts.died(SOUND_AFTER) == 1.0
    assert restarts.died(SOUND_AFTER - 1.0) == 2.0


def test_no_pause_is_longer_than_the_longest(monkeypatch):
    monkeypatch.setattr("understudy.shell.restarts.MOST", 100)
    restarts = Restarts()
    assert [restarts.died(0.0) for _ in range(20)][-1] == LONGEST
