"""Images as each API says them."""

from understudy.dialects.images.automatic1111 import Automatic1111Images
from understudy.dialects.images.comfyui import ComfyUIImages
from understudy.dialects.images.gemini import GeminiImages
from understudy.dialects.images.openai import OpenAIImages
from understudy.dialects.images.stability import StabilityImages

DIALECTS = (
    OpenAIImages(),
    StabilityImages(),
    Automatic1111Images(),
    GeminiImages(),
    ComfyUIImages(),
)

__all__ = ["DIALECTS"]
