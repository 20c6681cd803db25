"""Retirement: the end of a model is said in time, whatever else the file says of the model."""

import pytest
from tests.config.world import read

from understudy.config.retirement import Retirement, Stage, in_words, retirement, stage, warnings
from understudy.providers.facts import ModelFacts

OLD = """
[providers.openai]
key = "env:OPENAI_API_KEY"
{}
[routes.a]
targets = ["openai/gpt-4-old"]
"""
END = Retirement("2026-12-01", "gpt-5-mini")


def test_the_announced_day_comes_from_the_catalogue_and_stays_under_a_table_for_the_model():
    table = "[providers.openai.models.gpt-4-old]\nprice = { output = 9 }"
    for text in (OLD.format(""), OLD.format(table)):
        settings = read(text)
        assert settings.retirements == {"openai/gpt-4-old": END}
        assert "target openai/gpt-4-old retires on 2026-12-01, replaced by gpt-5-mini" in (
            settings.warnings
        )


def test_a_model_that_stays_is_not_in_it():
    assert retirement(ModelFacts("m", "m", None, frozenset())) is None
    assert read(OLD.format("").replace("gpt-4-old", "gpt-5.2")).retirements == {}


@pytest.mark.parametrize(
    ("today", "said"),
    [
        ("2026-09-01", []),
        ("2026-09-02", ["target t retires on 2026-12-01, replaced by gpt-5-mini"]),
        ("2026-11-30", ["target t retires on 2026-12-01, replaced by gpt-5-mini"]),
        ("2026-12-01", ["target t was retired on 2026-12-01, replaced by gpt-5-mini"]),
        ("2027-12-01", ["target t was retired on 2026-12-01, replaced by gpt-5-mini"]),
        ("", ["target t retires on 2026-12-01, replaced by gpt-5-mini"]),
    ],
)
def test_it_is_warned_of_for_ninety_days_before_and_ever_after(today, said):
    assert list(warnings({"t": END}, today)) == said


def test_what_has_no_end_is_served():
    assert stage(None, "2026-11-25") is Stage.SERVED
    assert stage(None, "") is Stage.SERVED


def test_without_an_heir_none_is_named():
    assert in_words(Retirement("2026-12-01"), "2026-01-01") == "retires on 2026-12-01"
