"""Media types, and the short names that this dialect has for them.

Source: the service model of botocore, ImageFormat, DocumentFormat, AudioFormat (2023-09-30).
"""

IMAGES = {"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"}
DOCUMENTS = {
    "pdf": "application/pdf",
    "csv": "text/csv",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
    "txt": "text/plain",
    "md": "text/markdown",
}
AUDIO = {
    "mp3": "audio/mp3",
    "opus": "audio/opus",
    "wav": "audio/wav",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "mp4": "audio/mp4",
    "ogg": "audio/ogg",
    "mkv": "audio/x-matroska",
    "mka": "audio/mka",
    "x-aac": "audio/x-aac",
    "m4a": "audio/m4a",
    "mpeg": "audio/mpeg",
    "mpga": "audio/mpga",
    "pcm": "audio/pcm",
    "webm": "audio/webm",
}

_OTHER_WORDS = {
    "image/jpg": "jpeg",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/x-m4a": "m4a",
    "audio/x-flac": "flac",
    "text/x-markdown": "md",
}


def media_type(kinds: dict[str, str], name: str) -> str:
    """The media type of a format; a format of the future stays as it is."""
    return kinds.get(name, name)


def format_of(kinds: dict[str, str], media: str) -> str | None:
    """The format of a media type; None where this dialect knows none."""
    plain = media.partition(";")[0].strip().lower()
    found = _OTHER_WORDS.get(plain)
    if found in kinds:
        return found
    return next((name for name, kind in kinds.items() if plain in {kind, name}), None)


def format_of_address(kinds: dict[str, str], address: str) -> str | None:
    """The format that an address ends with."""
    ending = address.rpartition(".")[2].lower()
    ending = {"jpg": "jpeg", "htm": "html"}.get(ending, ending)
    return ending if ending in kinds else None
