"""The example file at the root of the project loads, with the real catalogue."""

from pathlib import Path

from understudy.config.load import load
from understudy.config.schema import FileTable
from understudy.routing.topology import OnBreak

EXAMPLE = Path(__file__).parents[2] / "understudy.example.toml"
KEYS = {
    "OPENAI_API_KEY": "a",
    "ANTHROPIC_API_KEY": "b",
    "ANTHROPIC_API_KEY_2": "c",
    "AZURE_OPENAI_API_KEY": "d",
}


def test_the_example_loads():
    settings = load(EXAMPLE, KEYS)
    assistant = settings.topology.routes["assistant"]
    assert assistant.on_break is OnBreak.RESUME
    assert len(assistant.targets) == 5
    assert not any(warning.startswith("route assistant") for warning in settings.warnings)
    house = settings.topology.routes["house"]
    assert house.policy.require == {"residency": ("eu",)}
    for name in house.targets:
        assert settings.topology.targets[name].labels["residency"] == "eu"


def test_no_model_of_the_example_is_about_to_be_retired():
    assert load(EXAMPLE, KEYS).retirements == {}


def test_the_example_shows_every_table():
    text = EXAMPLE.read_text(encoding="utf-8")
    for table in FileTable.__struct_fields__:
        assert f"[{table}" in text
