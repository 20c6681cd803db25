"""What the pages about providers tell people to write is a configuration, and all of it is used."""

import json
import re
from pathlib import Path

import pytest

from understudy.config.document import Document
from understudy.config.load import build
from understudy.config.sources import Surroundings
from understudy.providers.catalogue import load_catalogue

FOLDER = Path(__file__).parents[2] / "docs" / "providers"
KNOWN = load_catalogue()
BLOCK = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(text, id=f"{page.stem}-{number}")
    for page in sorted(FOLDER.glob("*.md"))
    for number, text in enumerate(BLOCK.findall(page.read_text()), 1)
]
# What `check` would tell a newcomer of a page: a part that nothing uses, a model that is no more.
SHAMEFUL = re.compile("is in no route|was retired on")


def environment(text):
    """Every variable that a text names, with a secret of its own."""
    names = re.findall(r'"env:([A-Z0-9_]+)"', text)
    return {name: f"secret-of-{name.lower()}" for name in names}


@pytest.mark.parametrize("text", BLOCKS)
def test_a_configuration_of_a_page_loads(text, tmp_path):
    if "[routes." not in text and "[providers." not in text:
        pytest.skip("no configuration of its own, but a part of one")
    for file in re.findall(r'(?:credentials|model)_file = "([^"]+)"', text):
        (tmp_path / file).write_text(json.dumps({}))
    for kind, file in re.findall(r'(draw|edit) = "([^"]+)"', text):
        inputs = {"text": "%prompt%", "image": "%image%" if kind == "edit" else ""}
        (tmp_path / file).write_text(json.dumps({"1": {"class_type": "Any", "inputs": inputs}}))
    named = re.findall(r"^\[providers\.(\"[^\"]+\"|[\w-]+)\]", text, re.MULTILINE)
    if "[routes." not in text:
        targets = ", ".join(f'"{name.strip(chr(34))}/m"' for name in named)
        text += f"\n[routes.any]\ntargets = [{targets}]\n"
    for missing in sorted(set(re.findall(r'"(openai|anthropic)/', text)) - set(named)):
        text += f'\n[providers.{missing}]\nkey = "env:{missing.upper()}_API_KEY"\n'
    document = Document(text, "page")
    around = Surroundings(environment(text), tmp_path, "2026-11-25")
    settings = build(document.decode(), document, around, KNOWN)
    assert not [warning for warning in settings.warnings if SHAMEFUL.search(warning)]


def test_every_page_is_in_the_table_and_every_link_leads_somewhere():
    table = (FOLDER / "README.md").read_text()
    links = set(re.findall(r"\]\(([^)#]+)\)", table))
    assert {page.name for page in FOLDER.glob("*.md")} - {"README.md"} <= links
    assert not [link for link in links if not (FOLDER / link).is_file()]


def test_every_kind_is_in_the_table():
    table = (FOLDER / "README.md").read_text()
    assert not [kind.name for kind in KNOWN.kinds if f"`{kind.name}`" not in table]
