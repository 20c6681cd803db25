"""Prompts that are written in a model's own template: the conversation that they say.

A template is taken apart only where nothing but its special tokens can have been meant, and the
prompt fits it from beginning to end. Any other prompt stays one message of the user's.

Sources: Meta, "Llama 3 / Llama 4 prompt formats"; Amazon Bedrock user guide, "Mistral AI text
completion" and "DeepSeek models" (2026).
"""

import re

from understudy.chat.parts import Text
from understudy.chat.request import Message, Role

_ROLES = {"system": Role.SYSTEM, "user": Role.USER, "assistant": Role.ASSISTANT}
_SPECIAL = re.compile(r"<\|[a-z_]+\|>|\[/?INST\]|<\uff5c[^\uff5c]+\uff5c>|<</?SYS>>")
_LLAMA_START = re.compile(r"\s*(?:<\|begin_of_text\|>)?\s*")
_LLAMA = re.compile(
    r"<\|(?:start_header_id|header_start)\|>(system|user|assistant)"
    r"<\|(?:end_header_id|header_end)\|>(.*?)(?:<\|(?:eot_id|eot)\|>\s*|\Z)",
    re.DOTALL,
)
_INST_START = re.compile(r"\s*(?:<s>)?\s*")
_INST = re.compile(
    r"(?:<s>)?\s*\[INST\](?:\s*<<SYS>>(.*?)<</SYS>>)?(.*?)\[/INST\](.*?)(?:</s>\s*|\Z)", re.DOTALL
)
_DEEPSEEK_START = re.compile(r"\s*(?:<\uff5cbegin▁of▁sentence\uff5c>)?([^<]*)")
_DEEPSEEK = re.compile(
    r"<\uff5cUser\uff5c>(.*?)<\uff5cAssistant\uff5c>(.*?)(?:<\uff5cend▁of▁sentence\uff5c>|\Z)",
    re.DOTALL,
)
_THINKS = "<think>"

Turn = tuple[Role, str]


def read_prompt(prompt: str) -> tuple[Message, ...]:
    """The messages of a prompt."""
    turns = _llama(prompt) or _instructed(prompt) or _deepseek(prompt)
    if not turns or any(_SPECIAL.search(text) for _, text in turns):
        return (Message(Role.USER, (Text(prompt),)),)
    return tuple(Message(role, (Text(text),)) for role, text in turns)


def _llama(prompt: str) -> list[Turn]:
    """The last header is the model's own, with what it shall continue."""
    found = _matches(prompt, _LLAMA_START, _LLAMA)
    if not found or found[-1][1] != "assistant":
        return []
    return _said([(_ROLES[match[1]], match[2]) for match in found])


def _instructed(prompt: str) -> list[Turn]:
    turns = []
    for match in _matches(prompt, _INST_START, _INST):
        turns += [
            (Role.SYSTEM, match[1] or ""),
            (Role.USER, match[2]),
            (Role.ASSISTANT, match[3]),
        ]
    return _said(turns)


def _deepseek(prompt: str) -> list[Turn]:
    found = _matches(prompt, _DEEPSEEK_START, _DEEPSEEK)
    if not found:
        return []
    start = _DEEPSEEK_START.match(prompt)
    turns = [(Role.SYSTEM, start[1] if start is not None else "")]
    for match in found:
        turns += [(Role.USER, match[1]), (Role.ASSISTANT, match[2])]
    role, last = turns[-1]
    if last.strip() == _THINKS:  # it shall think first, as it does anyway
        turns[-1] = (role, "")
    return _said(turns)


def _matches(prompt: str, start: re.Pattern[str], turn: re.Pattern[str]) -> list[re.Match[str]]:
    """The turns one after another, or nothing where something else stands between them."""
    begin = start.match(prompt)
    at = 0 if begin is None else begin.end()
    found = []
    while at < len(prompt):
        match = turn.match(prompt, at)
        if match is None or match.end() == at:
            return []
        found.append(match)
        at = match.end()
    return found


def _said(turns: list[Turn]) -> list[Turn]:
    return [(role, text.strip()) for role, text in turns if text.strip()]
