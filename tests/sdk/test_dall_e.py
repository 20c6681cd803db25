"""A program written for DALL-E, which is no more, asks GPT image without knowing it."""

import base64
from pathlib import Path

import openai

from tests.sdk.operations import HEAD, KEY
from tests.system.processes import gateway, simulators

ROUTE = """
[providers.openai]
key = "env:OPENAI_API_KEY"
base_url = "{url}/v1"

[routes.dall-e-3]
targets = ["openai/gpt-image-2"]
"""


def test_a_program_for_dall_e_gets_its_pictures(tmp_path: Path) -> None:
    with simulators(tmp_path, "openai=openai_images:0") as providers:
        text = HEAD + ROUTE.format(url=providers.urls["openai"])
        keys = {"CALLER_KEY": KEY, "OPENAI_API_KEY": "sk-1"}
        with (
            gateway(tmp_path / "understudy.toml", text, keys) as running,
            openai.OpenAI(base_url=f"{running.url}/v1", api_key=KEY, max_retries=0) as client,
        ):
            raw = client.images.with_raw_response.generate(
                model="dall-e-3",
                prompt="a cat",
                size="1792x1024",
                quality="hd",
                style="vivid",
            )
        (seen,) = providers.seen("openai", "a cat")
    said = raw.parse()
    assert said.data is not None
    address = said.data[0].url or ""
    assert base64.b64decode(address.removeprefix("data:image/png;base64,")).startswith(b"\x89PNG")
    assert set(raw.headers["x-understudy-loss"].split(", ")) == {
        "task.style",
        "~task.quality",
        "~answer.data.url",
    }
    assert '"quality":"high"' in seen["body"]
    assert "style" not in seen["body"]
