"""Thoughts of other dialects' models, sealed into the `encrypted_content` of a reasoning item.

A client hands a reasoning item back as it is. So what another producer's model needs to go on
thinking survives the trip through this dialect, and goes back to that producer alone.
"""

import base64
import binascii

import msgspec

SEAL = "understudy."


class Sealed(msgspec.Struct, array_like=True, frozen=True):
    """What a sealed thought holds; `field` is a dialect's name where it was said in this one."""

    producer: str | None = None
    field: str | None = None
    signature: str | None = None
    encrypted: str | None = None


_decode = msgspec.json.Decoder(Sealed).decode


def seal(
    producer: str | None, field: str | None, signature: str | None, encrypted: str | None
) -> str:
    """What stands in `encrypted_content` for a thought of another dialect or producer."""
    data = msgspec.json.encode(Sealed(producer, field, signature, encrypted))
    return SEAL + base64.urlsafe_b64encode(data).decode()


def unseal(text: str) -> Sealed | None:
    """What was sealed; None for what we did not seal."""
    if not text.startswith(SEAL):
        return None
    try:
        return _decode(base64.urlsafe_b64decode(text[len(SEAL) :]))
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        return None
