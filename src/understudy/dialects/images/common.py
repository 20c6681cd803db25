"""What the dialects of images share."""

import math

from typing_extensions import override

from understudy.chat.endpoint import Capability
from understudy.chat.errors import InvalidRequest
from understudy.chat.loss import Change, Loss
from understudy.chat.request import Request
from understudy.dialects.operation import OperationDialect
from understudy.operations.images import ImageTask, Picture
from understudy.operations.kinds import Operation
from understudy.operations.task import Expected
from understudy.operations.units import Units
from understudy.wire.filetype import file_type

MOST_PICTURES = 16
"""In one answer; each is held until the answer is whole."""

LARGEST_SIDE = 8192


class ImagesDialect(OperationDialect):
    operation = Operation.IMAGES

    @override
    def needs(self, request: Request) -> frozenset[Capability]:
        is_edit = bool(task_of(request).sources)
        return frozenset({Capability.EDITS}) if is_edit else frozenset()

    @override
    def expected(self, request: Request) -> Expected:
        count = task_of(request).count or 1
        least = count if request.stream else 1
        return Expected(count, least=least, units=Units(pictures=count))


def task_of(request: Request) -> ImageTask:
    """What is asked for."""
    task = request.task
    assert isinstance(task, ImageTask), "admission lets no other operation through"
    return task


def check_count(count: int | None, path: str) -> int | None:
    """Raises: InvalidRequest."""
    if count is not None and not 1 <= count <= MOST_PICTURES:
        raise InvalidRequest(path, f"expected 1 to {MOST_PICTURES}, found {count}")
    return count


def read_size(said: str | None, path: str) -> tuple[int, int] | None:
    """`1024x768`; None for nothing, and for `auto`. Raises: InvalidRequest."""
    if said is None or said == "auto":
        return None
    width, cross, height = said.partition("x")
    if cross and width.isdecimal() and height.isdecimal() and max(len(width), len(height)) <= 4:
        size = int(width), int(height)
        if min(size) >= 1 and max(size) <= LARGEST_SIDE:
            return size
    raise InvalidRequest(path, f'expected a size as in "1024x1024", found {said[:40]!r}')


def picture_bytes(picture: Picture, where: str) -> bytes:
    """The bytes of a picture that is sent on. Raises: InvalidRequest."""
    octets = picture.octets
    if octets is None:
        raise InvalidRequest(where, "expected the bytes of a picture, found an address")
    return octets


def nearest(size: tuple[int, int], ratios: dict[str, float]) -> str:
    """The name of the aspect ratio that is nearest to a size's."""
    wanted = math.log(size[0] / size[1])
    return min(ratios, key=lambda name: abs(math.log(ratios[name]) - wanted))


def unsaid(task: ImageTask, names: tuple[str, ...], losses: list[Loss]) -> None:
    """Declare what a dialect has no word for."""
    said = [name for name in names if getattr(task, name) is not None]
    losses.extend(Loss(f"task.{name}", "no word for it here") for name in said)


def whole_only(task: ImageTask, losses: list[Loss]) -> None:
    """Declare that nothing is shown on the way where pictures half done were asked for."""
    if task.partials:
        losses.append(Loss("task.partials", "no pictures half done here"))


def fewer(task: ImageTask, losses: list[Loss]) -> None:
    """Declare that one picture is drawn where more were asked for."""
    if (task.count or 1) > 1:
        losses.append(Loss("task.count", "one picture at a time here", Change.CHANGED))


def media_of(octets: bytes) -> str:
    """What kind of picture its first bytes say; PNG, which most are, where they say none."""
    kind = file_type(octets)
    return kind if kind is not None and kind.startswith("image/") else "image/png"
