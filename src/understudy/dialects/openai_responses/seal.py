"""Thoughts of other dialects' models, sealed into the `encrypted_content` of a reasoning item.

A client hands a reasoning item back as it is. So what another producer's model needs to go on
thinking survives the trip through this dialect, and goes back to that producer alone.
"""

import base64
import binascii

import msgspec

from understudy.chat.parts import Reasoning

SEAL = "understudy."


class _Sealed(msgspec.Struct, array_like=True):
    producer: str | None = None
    field: str | None = None
    signature: str | None = None
    encrypted: str | None = None


_decode = msgspec.json.Decoder(_Sealed).decode


def seal(
    producer: str | None, field: str | None, signature: str | None, encrypted: str | None
) -> str:
    """What stands in `encrypted_content` for a thought of another dialect."""
    data = msgspec.json.encode(_Sealed(producer, field, signature, encrypted))
    return SEAL + base64.urlsafe_b64encode(data).decode()


def unseal(text: str, thought: str) -> Reasoning | None:
    """The thought, with all that was sealed; None for what we did not seal."""
    if not text.startswith(SEAL):
        return None
    try:
        found = _decode(base64.urlsafe_b64decode(text[len(SEAL) :]))
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        return None
    return Reasoning(
        thought,
        signature=found.signature,
        encrypted=found.encrypted,
        producer=found.producer,
        field=found.field,
    )
