"""The picture of a drill."""

from xml.etree import ElementTree as ET

from tests.drills.small import asked, attempt, shut
from tests.drills.test_report import made

from understudy.drills.evidence import Look
from understudy.drills.picture import MAX_DOMAINS, SHUT, picture


def test_it_is_one_drawing_that_asks_nobody_for_anything():
    looks = [Look(0.0, ()), Look(30.0, (shut("host", "a<b"),)), Look(60.0, ())]
    found = made(asked(-50), asked(100, attempt("b/m")), looks=looks)
    svg = picture(found)
    root = ET.fromstring(svg)  # noqa: S314 - our own
    texts = [element.text for element in root.iter() if element.text and element.text.strip()]
    assert {"a/m", "b/m", "host:a<b"} <= set(texts)
    assert any("client_success" in text for text in texts)
    assert any("minute 0.5 to 1.0" in text for text in texts)
    assert svg.count("http") == 1  # the name of SVG's own namespace
    boxes = [one for one in root.iter() if one.get("fill") == SHUT and one.get("width")]
    assert len(boxes) == 1
    assert 0 < float(boxes[0].get("x", "0")) < 980


def test_many_domains_are_cut_short_and_it_is_said():
    looks = [Look(0.0, tuple(shut("key", f"k{number}") for number in range(MAX_DOMAINS + 3)))]
    assert "and 3 more" in picture(made(asked(1), looks=looks))
