"""Receipts: what header fields say, and which of a provider's the client may see."""

from understudy.chat.loss import Change, Loss
from understudy.exchange.receipt import (
    MAX_LOSSES,
    Receipt,
    content_length,
    forwarded,
    loss_field,
)
from understudy.routing.topology import OnLoss


def test_a_receipt_names_target_attempts_and_losses() -> None:
    receipt = Receipt("r-1")
    receipt.attempts = 2
    receipt.sign("a/m", (Loss("sampling.seed", "unknown"),), OnLoss.WARN)
    fields = dict(receipt.headers())
    assert fields[b"x-understudy-request-id"] == b"r-1"
    assert fields[b"x-understudy-target"] == b"a/m"
    assert fields[b"x-understudy-attempts"] == b"2"
    assert fields[b"x-understudy-loss"] == b"sampling.seed"
    assert b"x-understudy-seam" not in fields


def test_losses_that_the_route_allows_are_not_shown() -> None:
    receipt = Receipt("r")
    receipt.sign("a", (Loss("x", "y"),), OnLoss.ALLOW)
    assert b"x-understudy-loss" not in dict(receipt.headers())


def test_the_comment_is_one_line() -> None:
    receipt = Receipt("r")
    receipt.sign("a", (), OnLoss.WARN)
    receipt.seams.append(7)
    assert receipt.comment() == b"understudy target=a attempts=0 seam=7"


def test_losses_are_sorted_marked_once_and_bounded() -> None:
    losses = [Loss("b", ""), Loss("a", "", Change.CHANGED), Loss("b", "again")]
    assert loss_field(losses) == b"b, ~a"
    many = loss_field([Loss(f"path{number:03}", "") for number in range(MAX_LOSSES + 5)])
    assert many.endswith(b"...5 more")


def test_a_loss_cannot_break_out_of_its_field() -> None:
    assert b"\r" not in loss_field([Loss("a\r\nx-evil: 1", "")])
    assert b"\n" not in loss_field([Loss("a\r\nx-evil: 1", "")])


def test_only_end_to_end_fields_of_a_provider_go_on() -> None:
    headers = (
        (b"content-type", b"application/json"),
        (b"x-request-id", b"1"),
        (b"set-cookie", b"session"),
        (b"transfer-encoding", b"chunked"),
        (b"connection", b"close"),
        (b"content-length", b"5"),
        (b"x-understudy-target", b"forged"),
    )
    assert forwarded(headers) == headers[:2]


def test_the_announced_length_is_a_number_or_nothing() -> None:
    assert content_length(((b"content-length", b"12"),)) == 12
    assert content_length(((b"content-length", b"-1"),)) is None
    assert content_length(()) is None


def test_what_a_client_calls_its_fields_neither_ends_nor_fills_a_header() -> None:
    field = loss_field([Loss("a\0b\r\nset-cookie: c=d\x7f", ""), Loss("k" * 1_000_000, "")])
    assert field == b"a?b??set-cookie: c=d?, " + b"k" * 120 + b"..."


def test_a_field_that_the_provider_names_as_hop_by_hop_stays_there() -> None:
    fields = ((b"connection", b"keep-alive, X-Hop"), (b"x-hop", b"1"), (b"x-end", b"2"))
    assert forwarded(fields) == ((b"x-end", b"2"),)


def test_a_standby_is_named_in_the_receipt() -> None:
    receipt = Receipt("r")
    assert b"x-understudy-standby" not in dict(receipt.headers())
    receipt.is_standby = True
    assert dict(receipt.headers())[b"x-understudy-standby"] == b"true"
