"""The receipt: what every answer says about itself, in header fields and never in the body."""

from collections.abc import Iterable

from understudy.chat.loss import Loss
from understudy.routing.topology import OnLoss
from understudy.wire.http import Headers, header

MAX_LOSSES = 32
"""Losses named in one header field; the journal has them all."""

_NOT_FORWARDED = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"content-length",
        b"content-encoding",
        b"set-cookie",
        b"server",
        b"date",
        b"alt-svc",
        b"strict-transport-security",
        b"via",
    }
)
"""Hop-by-hop (RFC 9110 §7.6.1), framing that is ours, and what speaks of the provider's site."""


class Receipt:
    """Collects what the header fields of one answer will say."""

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self.target = ""
        self.attempts = 0
        self.is_standby = False
        self.space: str | None = None
        self.seams: list[int] = []
        self.losses: tuple[Loss, ...] = ()

    def sign(self, target: str, losses: tuple[Loss, ...], on_loss: OnLoss) -> None:
        """Say who answers, and what of the request was lost on the way there."""
        self.target = target
        if on_loss is not OnLoss.ALLOW:
            self.losses = losses

    def headers(self) -> Headers:
        fields = [
            (b"x-understudy-request-id", self.request_id.encode()),
            (b"x-understudy-attempts", b"%d" % self.attempts),
        ]
        if self.target:
            fields.append((b"x-understudy-target", self.target.encode("ascii", "replace")))
        if self.is_standby:
            fields.append((b"x-understudy-standby", b"true"))
        if self.space is not None:
            fields.append((b"x-understudy-space", self.space.encode("ascii", "replace")))
        if self.losses:
            fields.append((b"x-understudy-loss", loss_field(self.losses)))
        return tuple(fields)

    def comment(self) -> bytes:
        """The same in one line, for what became known only after the head was sent."""
        text = f"understudy target={self.target} attempts={self.attempts}"
        if self.seams:
            text += f" seam={self.seams[-1]}"
        return text.encode("ascii", "replace")


def loss_field(losses: Iterable[Loss]) -> bytes:
    """Paths of what was lost, comma-separated, at most MAX_LOSSES; `~` marks what was only
    changed.
    """
    tokens = sorted({loss.token for loss in losses})
    if len(tokens) > MAX_LOSSES:
        tokens = [*tokens[:MAX_LOSSES], f"...{len(tokens) - MAX_LOSSES} more"]
    return ", ".join(tokens).encode("ascii", "replace")


def forwarded(headers: Headers) -> Headers:
    """The provider's own fields that the client may see: end-to-end ones, no cookies, no
    framing.
    """
    connection = b",".join([value for name, value in headers if name == b"connection"])
    hops = {option.strip().lower() for option in connection.split(b",")}
    return tuple(
        [
            field
            for field in headers
            if field[0] not in _NOT_FORWARDED
            and field[0] not in hops
            and field[0][:13] != b"x-understudy-"
        ]
    )


def content_length(headers: Headers) -> int | None:
    """The body's length as announced, or None."""
    value = header(headers, b"content-length")
    return int(value) if value is not None and value.isdigit() else None
