"""Scenes: what a conversation notes of itself. That they play is what `test_demo` shows."""

import pytest

pytest.importorskip("openai")
pytest.importorskip("anthropic")

from understudy.cli.demo_scenes import Show, Talk


def talk(**fields) -> Talk:
    return Talk(0, "openai", "stream", "understudy", "?", "a b", **fields)


def test_a_talk_collects_what_it_hears():
    heard = talk()
    for text in ("a", "", " b"):
        heard.hear(text)
    assert heard.heard == "a b"
    assert heard.verdict.is_clean


def test_a_talk_is_complete_when_it_ended_well_with_every_word():
    assert talk(heard="a b", ended=1.0).is_complete
    assert not talk(heard="a b").is_complete
    assert not talk(heard="a b", ended=1.0, error="reset").is_complete
    assert not talk(heard="a", ended=1.0).is_complete


def test_nothing_heard_is_no_news():
    heard = talk(last=5.0)
    heard.hear("")
    assert (heard.last, heard.silence) == (5.0, 0.0)


def test_a_show_begins_empty_each_time():
    Show(0.0).talks.append(talk())
    assert Show(0.0).talks == []
