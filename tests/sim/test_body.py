"""Bodies: what each fault makes of given pieces."""

import pytest
from tests.contract.toy import Toy

from understudy.sim import faults as fault
from understudy.sim.body import Body, Piece, damaged, reframed, steps_of
from understudy.sim.provider import Draft, Incoming, Provider, respond
from understudy.sim.steps import Act, Step

TOY = Toy("toy")
BODY = Body(
    (),
    None,
    (
        Piece(b"head\n\n"),
        Piece(b"one", is_content=True),
        Piece(b"two", is_content=True),
        Piece(b"f\n\nd\n\n", is_end=True),
    ),
)


def draft(*, stream: bool = True) -> Draft:
    body = b'{"model": "m", "turns": ["hello"], "stream": %b}' % (b"true" if stream else b"false")
    said = respond(Provider("a", "toy"), TOY, Incoming("POST", "/toy", (), body))
    assert isinstance(said, Draft)
    return said


def texts(body: Body) -> list[bytes]:
    return [piece.data for piece in body.pieces]


@pytest.mark.parametrize(
    ("effect", "left"),
    [
        (fault.Cut(0), [b"head\n\n"]),
        (fault.Cut(1), [b"head\n\n", b"one"]),
        (fault.Cut(9), [b"head\n\n", b"one", b"two", b"f\n\nd\n\n"]),
        (fault.Stall(1), [b"head\n\n", b"one"]),
        (fault.Silence(), []),
        (fault.MissingTerminator(), [b"head\n\n", b"one", b"two"]),
        (fault.MissingTerminator(fault.Terminator.DONE), [b"head\n\n", b"one", b"two", b"f\n\n"]),
        (fault.MissingTerminator(fault.Terminator.FINISH), [b"head\n\n", b"one", b"two", b"d\n\n"]),
        (fault.TruncatedJson(0.5), [b"head\n\n", b"one"]),
        (fault.Hang(), [b"head\n\n", b"one", b"two", b"f\n\nd\n\n"]),
    ],
)
def test_what_is_left_of_a_stream(effect, left):
    assert texts(damaged(TOY, draft(), BODY, effect)) == left


@pytest.mark.parametrize("part", fault.Terminator)
def test_what_is_left_of_an_end_can_be_left_out_too(part):
    """SEED=7873 of the ten thousand: an answer that broke off, with an end that looked whole."""
    once = damaged(TOY, draft(), BODY, fault.MissingTerminator(part))
    assert texts(damaged(TOY, draft(), once, fault.MissingTerminator())) == [
        b"head\n\n",
        b"one",
        b"two",
    ]


def test_of_nothing_no_end_can_be_left_out():
    silent = damaged(TOY, draft(), BODY, fault.Silence())
    assert texts(damaged(TOY, draft(), silent, fault.MissingTerminator())) == []


def test_an_error_stands_in_the_place_of_the_end_and_is_not_left_out_as_one():
    error = damaged(TOY, draft(), BODY, fault.InStreamError(after=9))
    assert [piece.is_end for piece in error.pieces] == [False] * 4
    assert b"f\n\nd\n\n" not in texts(error)
    assert damaged(TOY, draft(), error, fault.MissingTerminator()) == error


def test_a_malformed_piece_takes_the_place_of_content():
    pieces = damaged(TOY, draft(), BODY, fault.Malformed(1)).pieces
    assert [piece.is_content for piece in pieces] == [False, True, True, False]
    assert pieces[1].data == b"one"
    assert pieces[2].data.endswith(b"\n\n")


def test_a_slow_first_token_waits_where_it_is_told():
    body = reframed(BODY, fault.SlowFirstToken(2.0), stream=True)
    assert [piece.delay for piece in body.pieces] == [0, 2, 0, 0]
    assert reframed(BODY, fault.SlowFirstToken(2.0, fault.Place.HEAD), stream=True).head_delay == 2


def test_slow_paces_content_only():
    body = reframed(BODY, fault.Slow(4.0), stream=True)
    assert [piece.delay for piece in body.pieces] == [0, 0.25, 0.25, 0]


def test_a_good_stream_ends_with_the_last_chunk():
    (step,) = steps_of(BODY)
    assert step.data.endswith(b"6\r\nf\n\nd\n\n\r\n0\r\n\r\n")


def test_a_trickle_is_bytes_after_the_head():
    steps = steps_of(reframed(BODY, fault.Trickle(0.1, 1), stream=True))
    assert steps[0].data.endswith(b"3\r\none\r\n")
    assert {(step.delay, len(step.data)) for step in steps[1:-1]} == {(0.1, 1)}


def test_a_wrong_length_says_more_than_comes():
    steps = steps_of(reframed(BODY, fault.WrongLength(5), stream=True))
    assert steps[0].data.endswith(b"5\r\n")
    assert steps[-1].act is Act.CLOSE
    whole = Body((), 3, (Piece(b"abc"),))
    steps = steps_of(reframed(whole, fault.WrongLength(5), stream=False))
    assert b"content-length: 8\r\n" in steps[0].data


def test_silence_with_comments_repeats_them():
    step = steps_of(damaged(TOY, draft(), BODY, fault.Silence(0.5)))[-1]
    assert step == Step(0.5, b"e\r\n: keep-alive\n\n\r\n", repeats=True)
    whole = damaged(TOY, draft(stream=False), Body((), 3, (Piece(b"abc"),)), fault.Silence(0.5))
    assert whole.length is None
    assert steps_of(whole)[-1].data == b"1\r\n\n\r\n"


def test_faults_do_not_touch_the_original():
    before = texts(BODY)
    damaged(TOY, draft(), BODY, fault.Cut(0))
    assert texts(BODY) == before
