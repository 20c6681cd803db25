"""Admission: whether a request may be tried at all, and on which route."""

import difflib

import msgspec

from understudy.chat.errors import InvalidRequest
from understudy.chat.failure import Failure
from understudy.dialects.base import Glance
from understudy.exchange import words
from understudy.exchange.asked import Asked
from understudy.exchange.writing import Writer
from understudy.routing.router import Router
from understudy.routing.topology import Route


class Admitted(msgspec.Struct, frozen=True):
    glance: Glance
    route: Route


def admit(asked: Asked, writer: Writer, router: Router) -> Admitted | Failure:
    """Read the little that is needed, find the route, check that the caller may use it.

    What a caller may not use does not exist for it: an answer of its own would tell names.
    """
    try:
        glance = writer.glance()
    except InvalidRequest as error:
        return words.invalid(error)
    route = router.find(glance.model)
    if route is None or (
        asked.routes is not None and (route.parent or route.name) not in asked.routes
    ):
        names = [name for name in router.names() if asked.routes is None or name in asked.routes]
        close = difflib.get_close_matches(glance.model[:100], names, n=2)
        return words.unknown_model(glance.model, close)
    if glance.operation is not route.operation:
        return words.other_operation(route.name, route.operation.value, glance.operation.value)
    return Admitted(glance, route)
