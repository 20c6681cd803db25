"""Files and cached prompts that Google keeps: whose they are shows in their names."""

from understudy.dialects.gemini_generate.schema import PRODUCER

VERTEX = "vertex"
_FILES = "https://generativelanguage.googleapis.com/"


def home_of_file(uri: str) -> str | None:
    """The producer that alone can read a file; None where it is an address for everybody."""
    if uri.startswith("gs://"):
        return VERTEX
    return PRODUCER if uri.startswith((_FILES, "files/")) else None


def home_of_cache(name: str) -> str:
    """The producer that keeps a cached prompt (`projects/...` on Vertex)."""
    return VERTEX if name.startswith("projects/") else PRODUCER
