"""Google's generateContent, of the Gemini API and of Vertex AI (ai.google.dev/api, August 2026)."""

from understudy.dialects.gemini_generate.dialect import DIALECT

__all__ = ["DIALECT"]
