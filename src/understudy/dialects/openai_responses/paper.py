"""What a request is written on: knows the target, and notes what cannot be said to it."""

from understudy.chat.endpoint import Capability, Endpoint
from understudy.chat.loss import Change, Loss
from understudy.chat.parts import CacheHint
from understudy.chat.request import Extensions
from understudy.dialects.openai_responses.schema import NAME, Raw

Object = dict[str, object]


class Paper:
    """One request being written for one endpoint."""

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
        start = f"{path}.extensions" if path else "extensions"
        for dialect, fields in extensions.items():
            if dialect != NAME:
                for name in fields:
                    self.lose(f"{start}.{dialect}.{name}", "a field of another dialect")
        return extensions.get(NAME, {})

    def unmarked(self, cache: CacheHint | None, path: str) -> None:
        """Prompts are cached without being told where."""
        if cache is not None:
            self.lose(f"{path}.cache" if path else "cache", "no word for marks of where to cache")
