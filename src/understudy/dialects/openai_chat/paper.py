"""Paper for chat completions, where prompts may be marked for caching."""

from understudy.chat.parts import CacheHint
from understudy.dialects.openai_chat.schema import NAME
from understudy.dialects.openai_paper import Object, OpenAIPaper

__all__ = ["Object", "Paper"]


class Paper(OpenAIPaper):
    name = NAME

    def mark(self, cache: CacheHint | None, written: Object, path: str) -> None:
        """Mark where a prompt shall be cached; most hosts of this dialect cache unasked."""
        if cache is None:
            return
        if "cache" not in self.endpoint.accepts:
            self.lose(f"{path}.cache" if path else "cache", "the target takes no cache markers")
            return
        marker = {"type": "ephemeral"}
        if cache.ttl is not None:
            marker["ttl"] = cache.ttl
        written["cache_control"] = marker
