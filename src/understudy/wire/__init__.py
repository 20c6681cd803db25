"""Framing of bytes: HTTP values, event streams, frames. Knows neither LLMs nor sockets."""
