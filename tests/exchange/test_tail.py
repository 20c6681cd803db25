"""The unfinished word at the end of a stream waits for the next white space."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from understudy.chat.events import Event, PartDelta, PartEnded, PartKind, PartStarted
from understudy.exchange.tail import MAX_CHARS, Frame, Tail

SAYS = PartStarted(0, PartKind.TEXT)
CALLS = PartStarted(1, PartKind.TOOL_CALL, id="c", name="n")


def tail() -> Tail:
    made = Tail()
    made.notice([SAYS, CALLS])
    return made


def frame(text: str, index: int = 0) -> Frame:
    return text.encode(), (PartDelta(index, text),)


def text(frames: Sequence[Frame]) -> str:
    return "".join(raw.decode() for raw, _ in frames)


def test_a_word_goes_out_when_the_next_begins() -> None:
    made = tail()
    assert made.push(*frame("un")) == []
    assert made.push(*frame("believ")) == []
    assert text(made.push(*frame(" it"))) == "unbeliev"
    assert text(made.push(*frame(" "))) == " it "


def test_scripts_without_spaces_do_not_wait() -> None:
    assert text(tail().push(*frame("\u4f60\u597d"))) == "\u4f60\u597d"


def test_a_long_word_is_not_waited_for() -> None:
    assert text(tail().push(*frame("x" * (MAX_CHARS + 1)))) == "x" * (MAX_CHARS + 1)


def test_arguments_of_a_tool_are_never_held_back() -> None:
    assert text(tail().push(*frame('{"a"', index=1))) == '{"a"'


def test_the_end_of_a_part_goes_out_behind_the_word_before_it() -> None:
    made = tail()
    made.push(*frame("end"))
    ended: tuple[Event, ...] = (PartEnded(0),)
    assert [raw for raw, _ in made.push(b"!", ended)] == [b"end", b"!"]


def test_what_is_dropped_never_comes_back() -> None:
    made = tail()
    made.push(*frame("lost"))
    made.drop()
    assert made.flush() == []


@given(st.lists(st.text("ab .\u4f60", min_size=1, max_size=90), max_size=30))
def test_frames_keep_their_order_and_what_is_out_ends_a_word(texts: list[str]) -> None:
    made, whole, out = tail(), "", ""
    for each in texts:
        whole += each
        out += text(made.push(*frame(each)))
        assert whole.startswith(out)
        held = whole[len(out) :]
        assert len(held) <= MAX_CHARS
        assert not held[-1:].isspace()
    assert out + text(made.flush()) == whole
