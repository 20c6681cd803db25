"""ComfyUI's workflows: graphs of nodes with places for what a request asks, and how these are
filled. The two that are built in need nothing but a checkpoint; others are files of the owner's.

Sources: Comfy-Org/ComfyUI, `nodes.py`, and `script_examples/basic_api_example.py` (the format of
"Export (API)"), November 2026. A place is written as SillyTavern's docs have it ("Image
Generation", "ComfyUI"), `%width%`, and may say what holds where nothing is asked: `%width:832%`.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

import msgspec

from understudy.operations.images import ImageTask

Value: TypeAlias = str | int | float

_WHOLE_NUMBERS: Mapping[str, int] = {
    "width": 1024,
    "height": 1024,
    "batch_size": 1,
    "steps": 20,
    "seed": 0,
}
_NUMBERS: Mapping[str, float] = {"scale": 7.0, "denoise": 1.0}
_TEXTS = ("prompt", "negative_prompt", "model", "image", "mask")
PLACES = (*_TEXTS, *_WHOLE_NUMBERS, *_NUMBERS)
SEED = "seed"

_PLACE = re.compile(f"%({'|'.join(PLACES)})(?::([^%]*))?%")


class Node(msgspec.Struct, frozen=True):
    """One step of a workflow. A list among its inputs is a link: another node, and which output."""

    class_type: str
    inputs: dict[str, object] = {}


Graph: TypeAlias = Mapping[str, Node]

_decode = msgspec.json.Decoder(dict[str, Node]).decode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Filled(NamedTuple):
    """A graph that can be sent, but for the inputs at `seeds`, which nobody asked a value for.

    `used`: the places that it has.
    """

    graph: dict[str, Node]
    used: frozenset[str]
    seeds: tuple[tuple[str, str], ...]


def read_graph(data: bytes) -> Graph:
    """Read a workflow in the API's format. Raises: ValueError, saying what was expected."""
    try:
        members = _members(data)
        if "nodes" in members and "links" in members:
            raise ValueError(
                "expected the API's format, found the editor's own: use \"Export (API)\""
            )
        graph = _decode(data)
    except msgspec.MsgspecError as error:
        raise ValueError(f"expected nodes with `class_type` and `inputs` ({error})") from None
    except RecursionError:
        raise ValueError("expected a workflow, found JSON that is nested too deeply") from None
    if not graph:
        raise ValueError("expected nodes, found none")
    fill(graph, {})  # what holds where nothing is asked must be of the right kind
    return graph


def places(graph: Graph) -> frozenset[str]:
    """The names of all places in a workflow."""
    return fill(graph, {}).used


def fill(graph: Graph, values: Mapping[str, Value | None]) -> Filled:
    """Put values into a workflow's places. Raises: ValueError, for a default of a wrong kind."""
    used: set[str] = set()
    seeds: list[tuple[str, str]] = []
    made: dict[str, Node] = {}
    for name, node in graph.items():
        inputs: dict[str, object] = {}
        for key, said in node.inputs.items():
            whole = _PLACE.fullmatch(said) if isinstance(said, str) else None
            if whole is not None and whole[1] == SEED and values.get(SEED) is None:
                seeds.append((name, key))
            inputs[key] = _filled(said, whole, values, used)
        made[name] = Node(node.class_type, inputs)
    return Filled(made, frozenset(used), tuple(seeds))


def _filled(
    said: object, whole: re.Match[str] | None, values: Mapping[str, Value | None], used: set[str]
) -> object:
    if not isinstance(said, str) or "%" not in said:
        return said
    used.update(found[1] for found in _PLACE.finditer(said))
    if whole is not None:
        return _value(whole, values)
    return _PLACE.sub(lambda found: str(_value(found, values)), said)


def _value(place: re.Match[str], values: Mapping[str, Value | None]) -> Value:
    name, default = place[1], place[2]
    asked = values.get(name)
    if asked is not None:
        return asked
    if name in _WHOLE_NUMBERS:
        return _WHOLE_NUMBERS[name] if default is None else int(default)
    if name in _NUMBERS:
        return _NUMBERS[name] if default is None else float(default)
    return default or ""


def built_in(task: ImageTask, *, mask_is_alpha: bool) -> Graph:
    """The workflow of a request to a plain checkpoint: drawn from words, or from a picture.

    A mask says where to change the picture: where it is transparent, or, without transparency,
    where it is white.
    """
    graph = {
        "1": Node("CheckpointLoaderSimple", {"ckpt_name": "%model%"}),
        "2": Node("CLIPTextEncode", {"text": "%prompt%", "clip": ["1", 1]}),
        "3": Node("CLIPTextEncode", {"text": "%negative_prompt%", "clip": ["1", 1]}),
        "5": _sampler("%denoise:0.75%" if task.sources else 1.0),
        "6": Node("VAEDecode", {"samples": ["5", 0], "vae": ["1", 2]}),
        "7": Node("PreviewImage", {"images": ["6", 0]}),
    }
    if not task.sources:
        sides = {"width": "%width%", "height": "%height%", "batch_size": "%batch_size%"}
        return {**graph, "4": Node("EmptyLatentImage", dict(sides))}
    pixels = "8"
    graph["8"] = Node("LoadImage", {"image": "%image%"})
    if task.size is not None:
        pixels = "9"
        sides = {"width": "%width%", "height": "%height%", "crop": "center"}
        graph["9"] = Node("ImageScale", {"image": ["8", 0], "upscale_method": "lanczos", **sides})
    graph["10"] = Node("VAEEncode", {"pixels": [pixels, 0], "vae": ["1", 2]})
    latent = "10"
    if task.mask is not None:
        channel = "alpha" if mask_is_alpha else "red"
        graph["11"] = Node("LoadImageMask", {"image": "%mask%", "channel": channel})
        graph["12"] = Node("SetLatentNoiseMask", {"samples": ["10", 0], "mask": ["11", 0]})
        latent = "12"
    graph["4"] = Node("RepeatLatentBatch", {"samples": [latent, 0], "amount": "%batch_size%"})
    return graph


def _sampler(denoise: Value) -> Node:
    return Node(
        "KSampler",
        {
            "model": ["1", 0],
            "positive": ["2", 0],
            "negative": ["3", 0],
            "latent_image": ["4", 0],
            "seed": "%seed%",
            "steps": "%steps%",
            "cfg": "%scale%",
            "sampler_name": "euler",
            "scheduler": "normal",
            "denoise": denoise,
        },
    )
