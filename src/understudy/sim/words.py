"""What a simulated model says: token k of an answer is a function of (seed, k) and of nothing else.

Every token is four characters long, so that four characters are a token for whoever estimates, and
a client can see from any part of an answer which tokens it holds.
"""

import hashlib
from enum import Enum

TOKEN_CHARS = 4
_BLOCK = 64
_LINE = 12
"""Every so many tokens a line begins, so that people can read it."""

_PLAIN = """
ace act add age aim air ale all and ant any ape apt arc are arm art ash ask ate awe axe bag bay
bed bee bet big bit boa bow box boy bud bug bun bus buy bye cab can cap car cat cob cod cog cow
cry cub cue cup cut day dew dig dim dip doe dog dot dry due ear eat eel egg elf elk elm end era
eve eye fan far fee few fig fin fir fit fix fly fog for fox fun fur gem get gnu got gum hat hay
hen her hid him his hop hot how hub hue hum ice ink ivy jam jar jay jet job joy jug key kit lab
"""

_WIDE = """
día été für när año þrí три дом мир сад кот 日の出 山と川 春の海 好天气 你我他
가나다 하늘로 🌊🌊🌊 🚀é🌍
"""


class Script(Enum):
    """Which vocabulary: words of ASCII, or words that take several bytes for a character."""

    PLAIN = "plain"
    WIDE = "wide"


_WORDS: dict[Script, tuple[str, ...]] = {
    Script.PLAIN: tuple(_PLAIN.split()),
    Script.WIDE: tuple(_WIDE.split()),
}


def digest(*pieces: str) -> bytes:
    """Hash texts to a seed of 32 bytes; where they are split matters."""
    state = hashlib.blake2b(digest_size=32)
    for piece in pieces:
        data = piece.encode("utf-8", "surrogatepass")
        state.update(b"%d:" % len(data))
        state.update(data)
    return state.digest()


def number(seed: bytes, k: int) -> int:
    """A number from 0 to 2**32 - 1."""
    return int.from_bytes(hashlib.blake2b(b"%d" % k, digest_size=4, key=seed).digest(), "big")


def word(seed: bytes, k: int, script: Script = Script.PLAIN) -> str:
    """Three characters."""
    words = _WORDS[script]
    return words[_block(seed, k // _BLOCK)[k % _BLOCK] % len(words)]


def token(seed: bytes, k: int, script: Script = Script.PLAIN) -> str:
    """Token `k` of the text that `seed` stands for: four characters."""
    if k == 0:
        return word(seed, k, script).capitalize() + ","
    return ("\n" if k % _LINE == 0 else " ") + word(seed, k, script)


def text(seed: bytes, count: int, script: Script = Script.PLAIN) -> str:
    """The first `count` tokens, joined."""
    if count <= 0:
        return ""
    words = _WORDS[script]
    size = len(words)
    pieces = [token(seed, 0, script)]
    for block in range(-(-count // _BLOCK)):
        k = block * _BLOCK
        for byte in _block(seed, block)[: count - k]:
            if k:
                pieces.append("\n" if k % _LINE == 0 else " ")
                pieces.append(words[byte % size])
            k += 1
    return "".join(pieces)


def _block(seed: bytes, k: int) -> bytes:
    """One byte for each of the tokens from `k * _BLOCK` on."""
    return hashlib.blake2b(b"block %d" % k, digest_size=_BLOCK, key=seed).digest()
