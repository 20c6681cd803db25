"""Usage as it is billed."""

import msgspec


class Usage(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """Tokens of one answer. The first four are disjoint and add up to the bill; the rest are shares
    of them.

    `input_tokens` counts the prompt at full price only; what was read from or written to a prompt
    cache stands beside it. `output_tokens` is everything written; `reasoning_tokens` and
    `audio_output_tokens` are shares of it, `audio_input_tokens` and `image_input_tokens` shares of
    the input, and `cache_write_1h_tokens` a share of the cache writes.
    """

    input_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    audio_input_tokens: int = 0
    audio_output_tokens: int = 0
    cache_write_1h_tokens: int = 0
    image_input_tokens: int = 0

    @property
    def prompt_tokens(self) -> int:
        """Everything that the model read."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(*(a + b for a, b in zip(_row(self), _row(other), strict=True)))


def _row(usage: Usage) -> tuple[int, ...]:
    return msgspec.structs.astuple(usage)
