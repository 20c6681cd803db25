"""Admission: whether a request may be tried at all, and on which route."""

import difflib

import msgspec

from understudy.chat.attached import attached
from understudy.chat.endpoint import FILES
from understudy.chat.errors import InvalidRequest
from understudy.chat.failure import Failure
from understudy.dialects.base import Glance
from understudy.exchange import words
from understudy.exchange.asked import Asked
from understudy.exchange.writing import Writer
from understudy.operations.kinds import Operation
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
    if glance.operation is Operation.CHAT and glance.needs.capabilities & FILES:
        glance = _counted(glance, writer, len(asked.body))
    return Admitted(glance, route)


def _counted(glance: Glance, writer: Writer, size: int) -> Glance:
    """Look at the files of a request: not every target takes as many, or as large ones."""
    try:
        found = attached(writer.request(), size)
    except InvalidRequest:  # who is asked in its own dialect will say so
        return glance
    needs = msgspec.structs.replace(glance.needs, attached=found)
    return msgspec.structs.replace(glance, needs=needs)
