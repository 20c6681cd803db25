"""The overlay: facts of public lists, laid over the catalogue that ships with the package.

It is kept as one JSON file (`Overlay`). A fact of it wins over the shipped one, except in what a
model can do: what ships was looked at by somebody, and a list's word counts for new models only.

Raises: DamagedOverlay.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from understudy.chat.endpoint import Capability
from understudy.providers.facts import Listing, ProviderKind, Source
from understudy.providers.price import Price
from understudy.providers.public_lists import Entry

VERSION: Final = 1

NAMES: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "openai": ("openai", "text-completion-openai"),
        "anthropic": ("anthropic",),
        "azure-openai": ("azure",),
        "bedrock": ("amazon-bedrock", "bedrock", "bedrock_converse"),
        "gemini": ("google", "gemini"),
        "google": ("google", "gemini"),
        "vertex": ("google-vertex", "vertex_ai-language-models"),
        "together": ("togetherai", "together_ai"),
        "fireworks": ("fireworks-ai", "fireworks_ai"),
        "cohere": ("cohere", "cohere_chat"),
        "meta": ("llama", "meta_llama"),
        "huggingface": ("huggingface",),
    }
)
"""What lists call the kinds that the catalogue has; the others go by their own names."""

FACTS: Final = ("context_window", "max_output_tokens", "price", "retires")


class DamagedOverlay(Exception):
    """The file is no overlay, or one of another version."""


class Laid(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What is said of one model. `source` names who says so."""

    id: str
    source: str
    context_window: int | None = None
    max_output_tokens: int | None = None
    price: Price | None = None
    capabilities: tuple[Capability, ...] | None = None
    retires: str | None = None


class Overlay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`models` are by the kind that serves them."""

    version: int = VERSION
    sources: dict[str, Source] = {}
    models: dict[str, tuple[Laid, ...]] = {}


class Change(msgspec.Struct, frozen=True):
    """One fact that a new overlay changes. Both None: a model that nobody knew so far."""

    kind: str
    model: str
    fact: str
    old: object
    new: object


def read_overlay(data: bytes) -> Overlay:
    """Read the file. Raises: DamagedOverlay."""
    try:
        overlay = msgspec.json.decode(data, type=Overlay)
    except (msgspec.DecodeError, RecursionError) as error:
        raise DamagedOverlay(str(error)) from None
    if overlay.version != VERSION:
        raise DamagedOverlay(f"found version {overlay.version}, expected {VERSION}")
    return overlay


def write_overlay(overlay: Overlay) -> bytes:
    """Return the file's bytes, for people to read as well."""
    return msgspec.json.format(msgspec.json.encode(overlay, order="sorted"), indent=1) + b"\n"


def kind_of(name: str, kinds: Iterable[str]) -> str | None:
    """Return the catalogue's kind that a list calls `name`."""
    known = set(kinds)
    for kind, names in NAMES.items():
        if name in names and kind in known:
            return kind
    return name if name in known else None


def add(
    overlay: Overlay, source: str, where: Source, found: Mapping[str, Iterable[Entry]]
) -> Overlay:
    """Return the overlay with what `source` says now, by kind; its earlier words are forgotten."""
    models = {
        kind: tuple(laid for laid in laids if laid.source != source)
        for kind, laids in overlay.models.items()
    }
    for kind, entries in found.items():
        fresh = {entry.id: _laid(entry, source) for entry in entries if _says_anything(entry)}
        others = tuple(laid for laid in models.get(kind, ()) if laid.id not in fresh)
        models[kind] = (*others, *fresh.values())
    used = {laid.source for laids in models.values() for laid in laids}
    sources = {
        name: each for name, each in {**overlay.sources, source: where}.items() if name in used
    }
    return Overlay(VERSION, sources, {kind: laids for kind, laids in models.items() if laids})


def lay(kind: ProviderKind, overlay: Overlay) -> ProviderKind:
    """Return a kind with what the overlay says of its models."""
    laids = overlay.models.get(kind.name)
    if not laids:
        return kind
    places = {alias.lower(): at for at, one in enumerate(kind.models) for alias in one.aliases}
    places.update((one.id.lower(), at) for at, one in enumerate(kind.models))
    models = list(kind.models)
    exact = {one.id.lower() for one in kind.models}
    # What is said of a name itself counts more than what is said of its alias: it comes last.
    for laid in sorted(laids, key=lambda laid: laid.id.lower() in exact):
        at = places.get(laid.id.lower())
        if at is None:
            models.append(_new(laid))
        else:
            models[at] = _over(models[at], laid)
    return msgspec.structs.replace(
        kind, models=tuple(models), sources={**kind.sources, **overlay.sources}
    )


def changes(before: Iterable[ProviderKind], after: Iterable[ProviderKind]) -> Iterator[Change]:
    """Yield every fact that is not as it was, kind by kind."""
    for old, new in zip(before, after, strict=True):
        known = {one.id: one for one in old.models}
        for model in new.models:
            was = known.get(model.id)
            if was is None:
                yield Change(new.name, model.id, "model", None, None)
                continue
            for fact in FACTS:
                one, other = getattr(was, fact), getattr(model, fact)
                if one != other:
                    yield Change(new.name, model.id, fact, one, other)


def _says_anything(entry: Entry) -> bool:
    return any(getattr(entry, fact) is not None for fact in FACTS)


def _laid(entry: Entry, source: str) -> Laid:
    can = entry.capabilities
    return Laid(
        entry.id,
        source,
        context_window=entry.context_window,
        max_output_tokens=entry.max_output_tokens,
        price=entry.price,
        capabilities=None if can is None else tuple(sorted(can, key=lambda one: one.value)),
        retires=entry.retires,
    )


def _new(laid: Laid) -> Listing:
    facts = {fact: getattr(laid, fact) for fact in FACTS}
    can = None if laid.capabilities is None else frozenset(laid.capabilities)
    return Listing(id=laid.id, proof={"*": laid.source}, capabilities=can, **facts)


def _over(listing: Listing, laid: Laid) -> Listing:
    said = {fact: value for fact in FACTS if (value := getattr(laid, fact)) is not None}
    price = laid.price
    if price is not None and listing.price is not None:
        # A list that does not say what the cache costs has not made it free of charge.
        told = {
            name: cost for name, cost in msgspec.structs.asdict(price).items() if cost is not None
        }
        said["price"] = msgspec.structs.replace(listing.price, **told)
    proof = {**listing.proof, **dict.fromkeys(said, laid.source)}
    return msgspec.structs.replace(listing, proof=proof, **said)
