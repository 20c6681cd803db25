"""Vertex AI's `rawPredict` and `streamRawPredict` around a lab's own dialect.

Only the envelope is known here: model and streaming in the path, a version in Anthropic's body.
What it holds is the business of the dialect inside, which is given (`catalog`).

Sources: Google Cloud, "Request predictions with Claude models" and "Mistral AI models" (2026);
Anthropic's client `AnthropicVertex`, which keeps `stream` in the body.
"""

from understudy.dialects.vertex_raw.dialect import ANTHROPIC, MISTRAL, Publisher, VertexRaw

__all__ = ["ANTHROPIC", "MISTRAL", "Publisher", "VertexRaw"]
