"""Workflows: what is built in is valid where it is sent (see also tests/sdk/test_comfyui), and the
places of a file's are filled with the right kinds of values.
"""

import json

import pytest

from understudy.dialects.images.comfyui_graph import PLACES, built_in, fill, places, read_graph
from understudy.operations.images import ImageTask, Picture

SOURCE = (Picture("AAAA"),)


def workflow(**inputs: object) -> bytes:
    return json.dumps({"1": {"class_type": "KSampler", "inputs": inputs, "_meta": {}}}).encode()


def filled(values: dict[str, object], **inputs: object) -> dict[str, object]:
    return fill(read_graph(workflow(**inputs)), values).graph["1"].inputs  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "asked", "found"),
    [
        ("%width%", {"width": 768}, 768),
        ("%width%", {}, 1024),
        ("%width:832%", {}, 832),
        ("%width:832%", {"width": 768}, 768),
        ("%scale:3.5%", {}, 3.5),
        ("%denoise%", {}, 1.0),
        ("%negative_prompt:blurry%", {}, "blurry"),
        ("%negative_prompt%", {}, ""),
        ("a photo, %prompt%, 4k", {"prompt": "a cat"}, "a photo, a cat, 4k"),
        ("%prompt%", {"prompt": "%seed% %width%"}, "%seed% %width%"),
        ("%width%x%height%", {"width": 8, "height": 9}, "8x9"),
        ("%date:yyyy%_%KSampler.seed%", {}, "%date:yyyy%_%KSampler.seed%"),
        (["1", 0], {}, ["1", 0]),
        (7, {}, 7),
    ],
)
def test_a_place_is_filled(said: object, asked: dict[str, object], found: object):
    value = filled(asked, it=said)["it"]
    assert value == found
    assert type(value) is type(found)


def test_a_seed_that_nobody_asked_for_is_drawn_later():
    graph = read_graph(workflow(seed="%seed%", noise=5))
    assert fill(graph, {}).seeds == (("1", "seed"),)
    asked = fill(graph, {"seed": 7})
    assert (asked.seeds, asked.graph["1"].inputs["seed"]) == ((), 7)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"nodes": [], "links": [], "version": 0.4}', "Export"),
        (b"{}", "found none"),
        (b"[]", "class_type"),
        (b'{"1": {"inputs": {}}}', "class_type"),
        (b"not json", "class_type"),
        (workflow(width="%width:wide%"), "wide"),
    ],
)
def test_what_is_no_workflow_is_refused(data: bytes, words: str):
    with pytest.raises(ValueError, match=words):
        read_graph(data)


@pytest.mark.parametrize("sources", [(), SOURCE])
@pytest.mark.parametrize("size", [None, (64, 64)])
@pytest.mark.parametrize("mask", [None, Picture("AAAA")])
def test_a_built_in_workflow_has_its_places(sources, size, mask):
    if mask and not sources:
        return
    task = ImageTask("p", size=size, sources=sources, mask=mask)
    graph = built_in(task, mask_is_alpha=False)
    found = places(graph)
    assert found <= set(PLACES)
    assert {"prompt", "negative_prompt", "model", "batch_size", "seed", "steps"} <= found
    assert ("image" in found) == bool(sources)
    assert ("mask" in found) == (mask is not None)
    assert ("width" in found) == (not sources or size is not None)
    links = [each for node in graph.values() for each in node.inputs.values() if type(each) is list]
    assert {name for name, _ in links} == set(graph) - {"7"}
