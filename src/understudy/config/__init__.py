"""Typed configuration: TOML or environment in, `Settings` out. Reads files once, holds no state."""
