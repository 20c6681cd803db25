"""Citations: what everybody can read of them."""

from tests.dialects.bedrock_converse.talk import dump

from understudy.dialects.bedrock_converse.citations import read_citation
from understudy.dialects.bedrock_converse.schema import NAME, Raw


def test_a_page_is_cited_by_its_address() -> None:
    raw = Raw(dump({"title": "T", "location": {"web": {"url": "https://a.test/", "domain": "a"}}}))
    found = read_citation(raw)
    assert (found.title, found.url, found.dialect, found.raw) == ("T", "https://a.test/", NAME, raw)


def test_a_document_is_cited_by_its_words() -> None:
    place = {"documentChar": {"documentIndex": 0, "start": 1, "end": 5}}
    said = {"source": "s", "sourceContent": [{"text": "a "}, {"text": "b"}], "location": place}
    found = read_citation(Raw(dump(said)))
    assert (found.url, found.quote, found.start) == (None, "a b", None)
