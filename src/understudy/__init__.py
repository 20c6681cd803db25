"""Understudy: a gateway that keeps answering when an LLM provider dies.

Importing this package costs nothing: it imports nothing and has no effect.
"""

__version__ = "0.1.0"
