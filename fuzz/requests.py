"""Targets that read what applications ask, in any dialect: the quick readers and the careful."""

import json
from collections.abc import Callable

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.chat.errors import InvalidRequest
from understudy.dialects.base import Dialect, Edits, Glance
from understudy.dialects.catalog import CHATS
from understudy.dialects.openai_chat.glance import _glance_closely
from understudy.dialects.toplevel import read_object

REJECTS = frozenset({"sampling.seed"})
ENDPOINTS = [
    Endpoint("openai_chat", "up", "/v1/chat/completions", "other"),
    Endpoint("anthropic_messages", "up", "/v1/messages", "other", max_output_tokens=100),
    Endpoint("openai_chat", "up", "/x", "x", tool_id_length=9, rejects=REJECTS),
    Endpoint("gemini_generate", "up", "/v1beta/models/{model}:generateContent", "gemini"),
]


SET = {"model", "stream_options", "anthropic_version"}
"""What an edit may set: the model where the body says it, and what a host wants said."""


def request(name: str) -> Callable[[bytes], None]:
    """A target: one dialect's requests."""
    dialect = CHATS[name]
    path = dialect.chat_paths()[0].replace("{model}", "m")

    def run(data: bytes) -> None:
        glance = _glanced(dialect, data, path)
        if glance is not None:
            _edited(dialect, data, glance)
        try:
            asked = dialect.parse_request(data, path)
        except InvalidRequest as error:
            assert 400 <= error.status < 500
            assert str(error)
            return
        if not asked.model:
            return  # the glance, which comes first, wants a name
        assert glance is not None, "what can be read can be glanced at"
        assert (glance.model, glance.stream) == (asked.model, asked.stream)
        for endpoint in ENDPOINTS:
            try:
                built, losses = CHATS[endpoint.dialect].build_request(asked, endpoint)
            except InvalidRequest:
                continue
            json.loads(built.body)
            assert all(loss.token for loss in losses)
            if not losses:  # what nothing is left of has nothing to glance at
                CHATS[endpoint.dialect].glance(built.body, built.path)

    return run


def _glanced(dialect: Dialect, data: bytes, path: str) -> Glance | None:
    """A glance is what the careful look says, where a dialect has both."""
    try:
        quick = dialect.glance(data, path)
    except InvalidRequest as error:
        assert str(error)
        quick = None
    if dialect.name != "openai_chat":
        return quick
    try:
        careful = _glance_closely(data, read_object(data))
    except InvalidRequest:
        careful = None
    if quick is not None:
        assert careful is not None, "a glance takes what a careful look refuses"
        assert quick == careful, "a glance sees something else than a careful look"
    else:
        assert careful is None, "a glance refuses what a careful look takes"
    return quick


def _edited(dialect: Dialect, data: bytes, glance: Glance) -> None:
    """Named edits change what they name and nothing else."""
    edits = Edits("another", ask_usage=glance.stream and not glance.wants_usage)
    try:
        changed = dialect.edit_request(data, edits)
    except InvalidRequest:
        return
    before, after = (
        msgspec.json.decode(each, type=dict[str, msgspec.Raw]) for each in (data, changed)
    )
    if "model" in before:  # else it is said in the path
        assert bytes(after["model"]) in {b'"another"', b'"models/another"'}
    for name in before.keys() - SET:
        assert bytes(before[name]) == bytes(after[name]), f"{name} changed"
    assert after.keys() - before.keys() <= SET
