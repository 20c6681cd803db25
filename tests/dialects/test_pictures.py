import pytest

from understudy.chat.endpoint import Endpoint, Limits
from understudy.chat.parts import FileRef, Inline, Source, Url
from understudy.dialects.pictures import spelled, unseen

OPENAI = frozenset({"png", "jpeg", "gif", "webp"})


def endpoint(dialect: str, pictures: frozenset[str] = frozenset()) -> Endpoint:
    return Endpoint(dialect, "m", "/", "someone", limits=Limits(pictures=pictures))


@pytest.mark.parametrize(
    "dialect", ["gemini_generate", "cohere_chat", "ollama_chat", "openai_chat"]
)
@pytest.mark.parametrize("pictures", [frozenset(), OPENAI])
def test_nobody_sees_drawings_and_everybody_sees_photographs(dialect, pictures):
    where = endpoint(dialect, pictures)
    assert unseen(Inline("image/svg+xml", ""), where) == "image/svg+xml"
    assert unseen(Url("data:image/svg+xml,%3Csvg%3E"), where) == "image/svg+xml"
    assert unseen(Url("https://a.b/c", "image/svg+xml"), where) == "image/svg+xml"
    for kind in ("image/png", "image/jpeg", "image/JPG", "image/webp;q=1"):
        assert unseen(Inline(kind, ""), where) is None


@pytest.mark.parametrize(
    ("dialect", "pictures", "kind", "is_seen"),
    [
        ("gemini_generate", frozenset(), "heic", True),
        ("gemini_generate", frozenset(), "gif", False),
        ("openai_chat", OPENAI, "heic", False),
        ("openai_chat", OPENAI, "gif", True),
        ("openai_chat", frozenset(), "bmp", True),
        ("openai_responses", OPENAI, "bmp", False),
        ("cohere_chat", frozenset(), "gif", True),
        ("ollama_chat", frozenset(), "gif", False),
    ],
)
def test_each_vendor_sees_its_own(dialect, pictures, kind, is_seen):
    found = unseen(Inline(f"image/{kind}", ""), endpoint(dialect, pictures))
    assert (found is None) == is_seen


@pytest.mark.parametrize(
    "source", [Url("https://a.b/c.svg"), FileRef("f", "p"), Inline("", ""), Inline("text/x", "")]
)
def test_where_nobody_says_what_it_is_it_goes_out(source: Source):
    assert unseen(source, endpoint("openai_chat", OPENAI)) is None
    assert spelled(source) == source


def test_types_have_their_registered_names():
    assert spelled(Inline("image/JPG", "x")) == Inline("image/jpeg", "x")
    assert spelled(Inline("image/png", "x")) == Inline("image/png", "x")
