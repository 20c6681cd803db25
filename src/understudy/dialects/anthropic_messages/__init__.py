"""Anthropic's Messages dialect, both ways. Sources: Claude API reference, "Messages" (2026)."""

from understudy.dialects.anthropic_messages.dialect import DIALECT, AnthropicMessages

__all__ = ["DIALECT", "AnthropicMessages"]
