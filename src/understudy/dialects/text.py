"""Whether bytes are text at all: the JSON reader looks at no string that nobody asked it for."""


def check_text(data: bytes) -> None:
    """Take UTF-8 as it is; for ASCII that costs next to nothing. Raises: UnicodeDecodeError."""
    if not data.isascii():
        data.decode()
