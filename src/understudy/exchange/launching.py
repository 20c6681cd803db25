"""Launching: from a leased target to an attempt at it, with its request written, or the reasons
why not.
"""

import math

from understudy.dialects.base import Glance
from understudy.exchange.attempt import Attempt
from understudy.exchange.delivery import Delivery
from understudy.exchange.media import MediaMissing
from understudy.exchange.receipt import Receipt
from understudy.exchange.splice import Renewal, Splice, continuation, is_only_thought
from understudy.exchange.writing import Writer, Written
from understudy.routing.router import Chain, Router
from understudy.routing.steps import Lease
from understudy.routing.topology import OnLoss, Route


class Launcher:
    """Makes the attempts of one request. `lossy` says which targets were passed over, and why."""

    def __init__(
        self, writer: Writer, glance: Glance, route: Route, delivery: Delivery, receipt: Receipt
    ) -> None:
        self.lossy: list[str] = []
        self._writer = writer
        self._glance = glance
        self._route = route
        self._delivery = delivery
        self._receipt = receipt

    def attempt(self, lease: Lease, *, resumes: bool) -> tuple[Attempt, Written] | None:
        """Write the request; None where what would be lost of it forbids that.

        `resumes`: ask for the rest of what the client has heard.
        Raises: InvalidRequest, MediaNeeded.
        """
        endpoint = lease.target.endpoint
        pinned = self._glance.pinned_by
        if pinned and not self._delivery.speaks_to(endpoint):
            self.lossy.append(f"{lease.target.name} would lose {pinned}, which its provider keeps")
            return None
        pieces = self._delivery.pieces() if resumes else ()
        try:
            if resumes:
                request = self._writer.request()
                if not is_only_thought(pieces):
                    request = continuation(request, pieces)
                written = self._writer.write_continuation(endpoint, request)
            else:
                written = self._writer.write(endpoint, self._glance)
        except MediaMissing as error:
            self.lossy.append(f"{lease.target.name} wants the bytes of a file: {error}")
            return None
        if written.losses and self._route.on_loss is OnLoss.REJECT:
            lost = ", ".join(loss.token for loss in written.losses)
            self.lossy.append(f"{lease.target.name} would lose {lost}")
            return None
        number = self._receipt.attempts = self._receipt.attempts + 1
        attempt = Attempt(number, lease, written, self._route.timeouts)
        if resumes:
            self._delivery.take_over(self._writer.request())
            if is_only_thought(pieces):
                attempt.splice = Renewal(pieces, self._delivery.open_parts())
            else:
                attempt.splice = Splice(pieces, self._delivery.open_parts())
        return attempt, written

    def hedge_at(self, router: Router, chain: Chain, lease: Lease) -> float:
        """Return when a second target may be asked beside the first; infinity for never."""
        if self._route.hedge and self._glance.is_talk:
            return router.hedge_at(chain, lease, lease.at)
        return math.inf
