"""Tokens of a request, guessed: for when nobody can be asked who counts them.

A guess is of the right size, not exact: tokenizers differ among themselves, and what a provider
adds of its own (how to use tools, hundreds of tokens at some) is not in it.
"""

import math
from typing import assert_never

from understudy.chat.parts import (
    Audio,
    Document,
    Image,
    Inline,
    InlineText,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Source,
    Text,
    ToolCall,
    ToolResult,
)
from understudy.chat.request import Request, Tool

ASCII_PER_TOKEN = 3.8
OTHERS_PER_TOKEN = 1.4
"""Characters: scripts other than Latin come to far fewer in one token."""

MESSAGE = 4
"""What says whose turn it is."""

IMAGE = 1100
"""A picture of about a megapixel; labs count 258 to 1,600 for one."""

PAGES = 3000
"""A document of two pages, as text and as pictures, where its size says nothing."""

BYTES_PER_TOKEN = 40
"""Of a document or a recording that is inline, base64."""


def guessed_tokens(request: Request) -> int:
    """Return what a request may come to, at least 1."""
    count = 0.0
    for message in request.messages:
        count += MESSAGE + sum(_part(part) for part in message.parts)
    for tool in request.tools:
        if isinstance(tool, Tool):
            count += MESSAGE + _text(tool.name) + _text(tool.description or "")
            count += _text("" if tool.schema is None else bytes(tool.schema).decode())
        else:
            count += MESSAGE + _text(bytes(tool.raw).decode())
    wanted = request.response_format
    if wanted is not None and wanted.schema is not None:
        count += _text(bytes(wanted.schema).decode())
    return max(1, math.ceil(count))


def _text(text: str) -> float:
    others = 0 if text.isascii() else sum(not char.isascii() for char in text)
    return (len(text) - others) / ASCII_PER_TOKEN + others / OTHERS_PER_TOKEN


def _part(part: Part) -> float:
    match part:
        case Text(text=text) | Refusal(text=text) | Reasoning(text=text):
            return _text(text)
        case Image():
            return IMAGE
        case Document(source=source):
            return _source(source) + _text(part.title or "") + _text(part.context or "")
        case Audio(source=source, transcript=said):
            return _text(said or "") + (0 if source is None else _source(source))
        case ToolCall(name=name, arguments=arguments):
            return MESSAGE + _text(name) + _text(arguments)
        case ToolResult(content=content):
            return MESSAGE + sum(_part(each) for each in content)
        case Opaque(raw=raw):
            return len(bytes(raw)) / BYTES_PER_TOKEN
        case _:
            assert_never(part)


def _source(source: Source) -> float:
    if isinstance(source, InlineText):
        return _text(source.text)
    if isinstance(source, Inline):
        return len(source.data_base64) / BYTES_PER_TOKEN
    return PAGES
