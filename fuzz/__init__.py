"""Fuzzing: bytes that nobody would send, into every part that reads bytes. See docs/fuzzing.md."""
