import msgspec
import pytest

from understudy.chat.failure import Reaction, Scope, Surface
from understudy.providers.taxonomy import load_taxonomy, parse_taxonomy

TAXONOMY = load_taxonomy()


def test_every_id_is_used_once():
    ids = [row.id for row in TAXONOMY.rows]
    assert len(ids) == len(set(ids)) == 301


@pytest.mark.parametrize("row", TAXONOMY.rows, ids=lambda row: row.id)
def test_a_row_uses_the_words_of_the_vocabulary(row):
    vocabulary = TAXONOMY.vocab
    assert row.domain in vocabulary.domain
    assert row.permanence in vocabulary.permanence
    assert set(row.reaction) <= set(vocabulary.reaction)
    assert row.evidence in vocabulary.evidence
    assert row.surface in {surface.value for surface in Surface}
    assert row.counts_against in {scope.value for scope in Scope}
    assert row.cooldown_s >= 0
    assert row.source
    assert row.match != type(row.match)()


def test_the_code_knows_every_reaction_of_the_data_and_no_other():
    assert {reaction.value for reaction in Reaction} == set(TAXONOMY.vocab.reaction)


def test_flags_events_and_finish_words_belong_to_one_surface_each():
    seen: dict[tuple[str, str], str] = {}
    for row in TAXONOMY.rows:
        for name in ("flag", "event", "finish"):
            words = getattr(row.match, name) or ()
            for word in (words,) if isinstance(words, str) else words:
                assert seen.setdefault((name, word), row.surface) == row.surface


def test_the_rules_over_several_failures_are_there():
    assert len(TAXONOMY.correlation_rules) == 8
    for rule in TAXONOMY.correlation_rules:
        assert rule.id.startswith("corr.")
        assert rule.rule
        assert rule.verdict
        assert rule.source


def test_hints_name_providers_that_have_rows():
    for hints in TAXONOMY.headers:
        assert set(hints.provider.split(", ")) <= TAXONOMY.providers


def test_a_file_of_another_form_is_refused_with_its_path():
    data = msgspec.json.encode({"schema_version": 1, "as_of": "2026-11-23", "rows": [{"id": 7}]})
    with pytest.raises(msgspec.ValidationError, match=r"rows\[0\]|vocab"):
        parse_taxonomy(data)
