"""Media: pictures and documents given by their address, for targets that want the bytes.

Nothing is fetched before a target that needs it is asked: most take addresses. Who fetches is the
shell's business; here it is only said what is wanted, and put in its place once it is there.
"""

from collections.abc import Mapping

import msgspec

from understudy.chat.parts import Document, Image, Inline, Part, Text, ToolResult, Url
from understudy.chat.request import Message, Request
from understudy.dialects.base import Kinds

MOST = 16
"""Files fetched for one request."""


class MediaNeeded(Exception):
    """A target is about to be asked that wants the bytes at these addresses."""

    def __init__(self, urls: tuple[str, ...]) -> None:
        super().__init__(f"{len(urls)} files are needed")
        self.urls = urls


class MediaMissing(Exception):
    """What a target wants cannot be had; the text is fit for the caller."""


class Media:
    """The files of one request. `learn` what was fetched, or why not."""

    def __init__(self) -> None:
        self._found: dict[str, Inline | str] = {}

    def learn(self, found: Mapping[str, Inline | str]) -> None:
        self._found.update(found)

    def inlined(self, request: Request, kinds: Kinds) -> Request:
        """The request with the bytes of all `kinds`. Raises: MediaNeeded, MediaMissing."""
        urls = tuple(dict.fromkeys(_urls(request, kinds))) if kinds else ()
        if not urls:
            return request
        if len(urls) > MOST:
            raise MediaMissing(f"expected at most {MOST} files by their address, found {len(urls)}")
        unknown = tuple(url for url in urls if url not in self._found)
        if unknown:
            raise MediaNeeded(unknown)
        for url in urls:
            found = self._found[url]
            if isinstance(found, str):
                raise MediaMissing(found)
        messages = tuple(self._message(message, kinds) for message in request.messages)
        return msgspec.structs.replace(request, messages=messages)

    def _message(self, message: Message, kinds: Kinds) -> Message:
        parts = tuple(self._part(part, kinds) for part in message.parts)
        return msgspec.structs.replace(message, parts=parts)

    def _part(self, part: Part, kinds: Kinds) -> Part:
        if isinstance(part, ToolResult):
            content = tuple(self._part(inner, kinds) for inner in part.content)
            return msgspec.structs.replace(part, content=content)
        if isinstance(part, Image | Document) and type(part) in kinds:
            found = self._found.get(part.source.url) if isinstance(part.source, Url) else None
            if isinstance(found, Inline):
                return msgspec.structs.replace(part, source=found)
        return part


def _urls(request: Request, kinds: Kinds) -> list[str]:
    found: list[str] = []
    for message in request.messages:
        for part in message.parts:
            if type(part) is Text:  # nearly all are
                continue
            inner = part.content if isinstance(part, ToolResult) else (part,)
            found += [
                each.source.url
                for each in inner
                if isinstance(each, Image | Document)
                and type(each) in kinds
                and isinstance(each.source, Url)
            ]
    return found
