"""Steps: HTTP's framing, and as few writes as there are waits."""

from understudy.sim.faults import How
from understudy.sim.steps import Act, Step, chunk, ending, head, joined, whole


def test_a_head_says_its_length_or_that_it_is_chunked():
    fields = ((b"content-type", b"text/plain"),)
    assert head(200, fields, 5, 0) == (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\n"
    )
    assert head(200, (), None, 0).endswith(b"transfer-encoding: chunked\r\n\r\n")
    assert b"content-length: 15\r\n" in head(500, (), 5, 10)


def test_a_chunk_says_its_size_in_hex():
    assert chunk(b"x" * 26) == b"1a\r\n" + b"x" * 26 + b"\r\n"


def test_a_whole_answer_is_one_step():
    (step,) = whole(404, (), b"gone")
    assert step.data.endswith(b"content-length: 4\r\n\r\ngone")


def test_what_does_not_wait_is_joined():
    steps = [Step(0, b"a"), Step(0, b"b"), Step(1, b"c"), Step(0, b"d"), Step(act=Act.CLOSE)]
    assert joined(steps) == (Step(0, b"ab"), Step(1, b"cd"), Step(act=Act.CLOSE))


def test_what_repeats_stays_alone():
    steps = [Step(0, b"a"), Step(1, b"c", repeats=True)]
    assert joined(steps) == tuple(steps)


def test_nothing_is_no_step():
    assert joined([Step(), Step(0, b"")]) == ()


def test_how_a_connection_ends():
    assert (ending(How.RST), ending(How.FIN)) == (Act.RESET, Act.CLOSE)
