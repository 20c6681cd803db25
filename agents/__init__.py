"""Coding agents as clients, on demand (`make agents`)."""
