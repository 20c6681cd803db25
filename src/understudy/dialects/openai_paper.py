"""What a request in OpenAI's two dialects of chat is written on: knows the target, and notes what
cannot be said to it.
"""

from collections.abc import Mapping
from typing import ClassVar

from msgspec import Raw

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.parts import Audio, Inline
from understudy.chat.request import Extensions
from understudy.dialects.fields import strange

Object = dict[str, object]


class OpenAIPaper:
    """One request being written for one endpoint. `name` is the dialect's."""

    name: ClassVar[str]

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._losses: list[Loss] = []

    def losses(self) -> tuple[Loss, ...]:
        return tuple(dict.fromkeys(self._losses))

    def lose(self, path: str, reason: str, change: Change = Change.DROPPED) -> None:
        self._losses.append(Loss(path, reason, change))

    def allows(self, path: str, name: str | None = None) -> bool:
        """Whether the model takes a field; a loss where it refuses it (by `name`, if given)."""
        if (name or path) not in self.endpoint.rejects:
            return True
        self.lose(path, "refused by the target")
        return False

    def can(self, path: str, capability: Capability) -> bool:
        """Whether the target can do something; a loss where it cannot."""
        if capability in self.endpoint.capabilities:
            return self.allows(path)
        self.lose(path, f"the target cannot: {capability.value}")
        return False

    def own(self, extensions: Extensions, path: str) -> dict[str, Raw]:
        """This dialect's own fields; every field of another dialect is a loss."""
        for place in strange(extensions, self.name, path):
            self.lose(place, "a field of another dialect")
        return extensions.get(self.name, {})

    def spoken(self, part: Audio, path: str, formats: Mapping[str, str]) -> Object | None:
        """Speech that the user says. `formats` names media types as this dialect does."""
        source = part.source
        if not isinstance(source, Inline):
            self.lose(path, "only audio inside the request can be said")
            return None
        if not self.can(path, Capability.AUDIO_INPUT):
            return None
        media = source.media_type
        kind = formats.get(media, media.partition("/")[2])
        return {"type": "input_audio", "input_audio": {"data": source.data_base64, "format": kind}}
