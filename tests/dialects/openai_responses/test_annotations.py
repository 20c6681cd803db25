import json

from tests.dialects.openai_responses.talk import dump

from understudy.chat.parts import Citation
from understudy.dialects.openai_responses.annotations import (
    annotation_losses,
    read_annotation,
    write_annotation,
)
from understudy.dialects.openai_responses.schema import Raw

LINK = {"type": "url_citation", "url": "u", "title": "t", "start_index": 1, "end_index": 5}


def test_a_citation_is_read_and_said_byte_for_byte():
    cited = read_annotation(Raw(dump(LINK)))
    assert (cited.url, cited.title, cited.start, cited.end) == ("u", "t", 1, 5)
    assert write_annotation(cited) == Raw(dump(LINK))


def test_a_file_is_named():
    cited = read_annotation(Raw(dump({"type": "file_citation", "filename": "f", "index": 1})))
    assert (cited.title, cited.url) == ("f", None)


def test_another_dialects_citation_is_said_where_it_has_an_address():
    assert json.loads(dump(write_annotation(Citation("t", "u", start=1, end=5)))) == LINK
    assert write_annotation(Citation("t", dialect="x", raw=Raw(b"{}"))) is None


def test_what_is_left_out_of_a_citation_is_said():
    own = read_annotation(Raw(dump(LINK)))
    assert annotation_losses(own, "p") == []
    assert annotation_losses(Citation("t", "u"), "p") == []
    assert [loss.token for loss in annotation_losses(Citation("t", quote="q"), "p")] == [
        "p.citations"
    ]
    assert [loss.token for loss in annotation_losses(Citation("t", "u", "q"), "p")] == [
        "~p.citations"
    ]
