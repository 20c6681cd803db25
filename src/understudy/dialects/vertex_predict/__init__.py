"""Vertex AI's `:predict`: instances and parameters in, predictions out, for two operations.

Sources: Google Cloud, "Text embeddings API" and "Generate images | Imagen" (2026).
"""

from understudy.dialects.vertex_predict.dialect import VertexPredict

DIALECTS = (VertexPredict(),)

__all__ = ["DIALECTS", "VertexPredict"]
