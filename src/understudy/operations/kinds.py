"""The operations there are. A request is one of them, and never becomes another on its way."""

import enum


class Operation(enum.Enum):
    CHAT = "chat"
    EMBEDDINGS = "embeddings"
    RERANK = "rerank"
    MODERATION = "moderation"
    IMAGES = "images"
    TRANSCRIPTION = "transcription"
    SPEECH = "speech"
    FILES = "files"
    REALTIME = "realtime"
