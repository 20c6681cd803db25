"""Dialects: one folder for each API that speaks of chat. Pure: bytes in, values out, and back."""
