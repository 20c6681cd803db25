"""Streams of words and of sound, from OpenAI's and Mistral's API references (November 2026)."""

HEARD = (
    b'data: {"type":"transcript.text.delta","delta":"I ","logprobs":[]}\n\n'
    b'data: {"type":"transcript.text.delta","delta":"see"}\n\n'
    b'data: {"type":"transcript.text.done","text":"I see","usage":{"type":"tokens",'
    b'"input_tokens":3,"input_token_details":{"text_tokens":0,"audio_tokens":3},'
    b'"output_tokens":5,"total_tokens":8}}\n\n'
)
MISTRAL_HEARD = (
    b'data: {"type":"transcription.text.delta","text":"I "}\n\n'
    b'data: {"type":"transcription.text.delta","text":"see"}\n\n'
    b'data: {"type":"transcription.done","model":"m","text":"I see","language":null,'
    b'"segments":[],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}\n\n'
)
SPOKEN = (
    b'data: {"type":"speech.audio.delta","audio":"SUQz"}\n\n'
    b'data: {"type":"speech.audio.done","usage":{"input_tokens":3,"output_tokens":5,'
    b'"total_tokens":8}}\n\n'
)
