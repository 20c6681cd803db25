"""Audio as OpenAI and those who follow it say it."""

from understudy.dialects.audio.mistral import MistralTranscription
from understudy.dialects.audio.speech import OpenAISpeech
from understudy.dialects.audio.transcription import OpenAITranscription

DIALECTS = (OpenAITranscription(), MistralTranscription(), OpenAISpeech())

__all__ = ["DIALECTS"]
