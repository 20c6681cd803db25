"""The caller's mistakes: InvalidRequest(path, reason)."""


class InvalidRequest(Exception):
    """The request cannot be read. `path` is in the caller's own dialect (`messages.0.role`), may be
    empty.
    """

    def __init__(self, path: str, reason: str, code: str | None = None, status: int = 400) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason
        self.code = code
        self.status = status
