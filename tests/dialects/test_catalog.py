from understudy.dialects.catalog import DIALECTS


def test_every_dialect_is_known_by_its_name():
    assert "openai_chat" in DIALECTS
    assert all(name == dialect.name for name, dialect in DIALECTS.items())
