"""Workflows of one's own: what they are read into, and every way to be none."""

import json
from pathlib import Path

import pytest

from understudy.chat.endpoint import Capability
from understudy.config.errors import ConfigError
from understudy.config.load import load
from understudy.config.settings import Settings
from understudy.config.workflow import LARGEST

PROVIDER = '[providers.comfyui]\nbase_url = "http://127.0.0.1:8188"\n'
ROUTE = '[routes.draw]\noperation = "images"\ntargets = ["comfyui/flux"]\n'


def node(**inputs: object) -> str:
    return json.dumps({"1": {"class_type": "Any", "inputs": inputs}})


DRAW = node(text="a photo of %prompt%")
EDIT = node(text="%prompt%", image="%image%")


def settings(folder: Path, files: dict[str, str], workflows: str, provider: str = "") -> Settings:
    for name, text in files.items():
        (folder / name).write_text(text)
    file = folder / "understudy.toml"
    models = f"[providers.comfyui.models.flux]\nworkflows = {workflows}\n"
    file.write_text((provider or PROVIDER) + models + ROUTE)
    return load(file, {})


def test_both_are_read_and_watched(tmp_path: Path) -> None:
    files = {"draw.json": DRAW, "edit.json": EDIT}
    said = settings(tmp_path, files, '{draw = "draw.json", edit = "edit.json"}')
    endpoint = said.topology.targets["comfyui/flux"].endpoint
    assert endpoint.workflows == {"draw": DRAW.encode(), "edit": EDIT.encode()}
    assert Capability.EDITS in endpoint.capabilities
    assert {tmp_path / "draw.json", tmp_path / "edit.json"} <= set(said.files)


def test_what_has_none_to_edit_edits_nothing(tmp_path: Path) -> None:
    said = settings(tmp_path, {"draw.json": DRAW}, '{draw = "draw.json"}')
    assert Capability.EDITS not in said.topology.targets["comfyui/flux"].endpoint.capabilities
    said = settings(tmp_path, {}, "{}")
    endpoint = said.topology.targets["comfyui/flux"].endpoint
    assert endpoint.workflows == {}
    assert Capability.EDITS in endpoint.capabilities


@pytest.mark.parametrize(
    ("files", "workflows", "words"),
    [
        ({}, '{draw = "gone.json"}', "no such file"),
        ({"a.json": EDIT}, '{edit = "a.json"}', "no `draw`"),
        ({"a.json": node(text="a cat")}, '{draw = "a.json"}', "without %prompt%"),
        ({"a.json": EDIT}, '{draw = "a.json"}', "with %image%"),
        ({"a.json": DRAW}, '{draw = "a.json", edit = "a.json"}', "without %image%"),
        ({"a.json": '{"nodes": [], "links": []}'}, '{draw = "a.json"}', "Export"),
        ({"a.json": "x" * (LARGEST + 1)}, '{draw = "a.json"}', "larger than"),
        ({"a.json": DRAW}, '{paint = "a.json"}', "paint"),
    ],
)
def test_what_is_none_is_told(
    files: dict[str, str], workflows: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=words):
        settings(tmp_path, files, workflows)


def test_others_are_not_asked_in_workflows(tmp_path: Path) -> None:
    other = '[providers.comfyui]\nkind = "automatic1111"\nbase_url = "http://127.0.0.1:7860"\n'
    with pytest.raises(ConfigError, match="comfyui"):
        settings(tmp_path, {"a.json": DRAW}, '{draw = "a.json"}', other)
