"""What can be wrong with bytes.

Exception
└── WireError    a frame is malformed, or longer than its limit
"""


class WireError(Exception):
    """The peer broke its own protocol. The message says what was found and what was expected."""
