"""Images: a prompt, and maybe pictures to change, in; pictures out."""

import base64

import msgspec


class Picture(msgspec.Struct, frozen=True):
    """One picture: its bytes in base64, or where it lies. `media` is its type, where that is known.

    `prompt` is what it was drawn from, where the model wrote that anew.
    """

    base64: str | None = None
    url: str | None = None
    media: str | None = None
    prompt: str | None = None
    seed: int | None = None

    @property
    def octets(self) -> bytes | None:
        """Its bytes; None where it lies elsewhere, or is none."""
        data = self.base64
        if data is None and self.url is not None and self.url.startswith("data:"):
            data = self.url.partition(";base64,")[2]
        if not data:
            return None
        try:
            return base64.b64decode(data, validate=True)
        except ValueError:
            return None


class ImageTask(msgspec.Struct, frozen=True):
    """`sources` are pictures to start from, `mask` says where to change the first. `size` is width
    and height. `form` is how a picture comes back: "b64_json" or "url" (None: as the model has it).
    `strength` (0 to 1): how much of a source may change. `partials`: how many pictures half done
    are to be shown on the way, where the answer is streamed.
    """

    prompt: str
    negative: str | None = None
    count: int | None = None
    size: tuple[int, int] | None = None
    quality: str | None = None
    style: str | None = None
    background: str | None = None
    format: str | None = None
    form: str | None = None
    seed: int | None = None
    steps: int | None = None
    guidance: float | None = None
    strength: float | None = None
    partials: int | None = None
    sources: tuple[Picture, ...] = ()
    mask: Picture | None = None


class Drawn(msgspec.Struct, frozen=True):
    pictures: tuple[Picture, ...]
