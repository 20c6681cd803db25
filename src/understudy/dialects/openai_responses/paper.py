"""Paper for Responses, where prompts are cached without being marked."""

from understudy.chat.parts import CacheHint
from understudy.dialects.openai_paper import Object, OpenAIPaper
from understudy.dialects.openai_responses.schema import NAME

__all__ = ["Object", "Paper"]


class Paper(OpenAIPaper):
    name = NAME

    def unmarked(self, cache: CacheHint | None, path: str) -> None:
        """Prompts are cached without being told where."""
        if cache is not None:
            self.lose(f"{path}.cache" if path else "cache", "no word for marks of where to cache")
