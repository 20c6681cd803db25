"""The catalogue of providers and models: pure data, read once from the package's own files."""

import pkgutil
import re
from collections.abc import Iterable

import msgspec

from understudy.chat.endpoint import Endpoint
from understudy.providers.facts import (
    Labs,
    Listing,
    ModelFacts,
    OperationShape,
    ProviderKind,
)
from understudy.providers.overlay import Overlay, lay
from understudy.providers.price import Price

INDEX = "data/index.json"
LABS = "data/labs.json"

_DAY = re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2})$")
_SHORT_DAY = re.compile(r"-\d{4}$")


class Catalogue:
    """Kinds by name, and what is known of their models. Immutable once built."""

    def __init__(self, kinds: Iterable[ProviderKind], labs: Labs) -> None:
        self._kinds = {kind.name: kind for kind in kinds}
        self._owners = {owner.lower(): lab for owner, lab in labs.owners.items()}
        self._families = sorted(labs.families.items(), key=lambda item: (-len(item[0]), item))
        self._listings = {name: _indexed(kind) for name, kind in self._kinds.items()}

    @property
    def kinds(self) -> tuple[ProviderKind, ...]:
        """All kinds, in the order of the index."""
        return tuple(self._kinds.values())

    def kind(self, name: str) -> ProviderKind | None:
        return self._kinds.get(name)

    def model(self, kind: ProviderKind, model_id: str) -> ModelFacts:
        """What is known of a model, by its name, an alias, or its name without a date."""
        listing, is_same_offer = self._find(kind.name, model_id)
        if listing is None and kind.facts_from is not None:
            listing, is_same_offer = self._find(kind.facts_from, model_id)[0], False
        if listing is None:
            return ModelFacts(
                id=model_id,
                model=_canonical(model_id),
                lab=self.lab_of(model_id) or kind.lab,
                capabilities=kind.capabilities,
                output_tokens=kind.output_tokens,
                rejects=kind.rejects,
                accepts=kind.accepts,
                renames=kind.renames,
                tool_id_length=kind.tool_id_length,
                limits=kind.limits,
            )
        capabilities = listing.capabilities
        if capabilities is None and listing.operation in kind.operations:
            capabilities = kind.operations[listing.operation].capabilities
        return ModelFacts(
            id=model_id,
            model=listing.model or _canonical(listing.id),
            lab=listing.lab or self.lab_of(listing.id) or kind.lab,
            capabilities=kind.capabilities if capabilities is None else capabilities,
            listed_as=listing.id,
            context_window=listing.context_window,
            max_output_tokens=listing.max_output_tokens,
            output_tokens=_smaller(kind.output_tokens, listing.max_output_tokens),
            price=(listing.price if is_same_offer else None) or Price(),
            rejects=kind.rejects | listing.rejects,
            accepts=kind.accepts | listing.accepts,
            renames={**kind.renames, **listing.renames},
            tool_id_length=listing.tool_id_length or kind.tool_id_length,
            limits=kind.limits,
            efforts=listing.efforts,
            retires=listing.retires if is_same_offer else None,
            replaced_by=listing.replaced_by if is_same_offer else None,
            operation=listing.operation,
            vectors=listing.vectors,
        )

    def lab_of(self, model_id: str) -> str | None:
        """Who made a model, by its name alone (`meta-llama/llama-3.3-70b` is meta's)."""
        *path, name = model_id.lower().split("/")
        for part in path:
            lab = self._owners.get(part)
            if lab is not None:
                return lab
        return next((lab for start, lab in self._families if name.startswith(start)), None)

    def _find(self, kind: str, model_id: str) -> tuple[Listing | None, bool]:
        """The listing, and whether its price and dates hold: a variant (`:free`) has its own."""
        listings = self._listings.get(kind, {})
        name = model_id.lower()
        found = listings.get(name) or listings.get(_DAY.sub("", name))
        if found is not None:
            return found, True
        base = _SHORT_DAY.sub("", name)
        found = listings.get(base)
        if found is not None and found.id.lower() == base:
            return found, True
        plain, colon, _ = name.partition(":")
        return (listings.get(plain), False) if colon else (None, False)


def load_catalogue(overlay: Overlay | None = None) -> Catalogue:
    """Read the catalogue that ships with the package (a few milliseconds: do it once).

    `overlay` is what public lists have said since.
    """
    names = msgspec.json.decode(_read(INDEX), type=tuple[str, ...])
    decoder = msgspec.json.Decoder(ProviderKind)
    kinds = [decoder.decode(_read(f"data/{name}.json")) for name in names]
    if overlay is not None:
        kinds = [lay(kind, overlay) for kind in kinds]
    return Catalogue(kinds, msgspec.json.decode(_read(LABS), type=Labs))


def request_path(kind: ProviderKind, url_path: str) -> str:
    """The path of a chat request; `url_path` is the path of the provider's configured address.

    An address without a path gets the kind's own; one that already ends with what `chat_path`
    begins with (`/v1`) does not get it twice.
    """
    return _joined(url_path.rstrip("/") or kind.base_path, kind.chat_path)


def listing_path(kind: ProviderKind, url_path: str) -> str:
    """The path under which the provider lists its models."""
    return _joined(url_path.rstrip("/") or kind.base_path, kind.models_path)


def operation_path(kind: ProviderKind, url_path: str, shape: OperationShape) -> str:
    """The path of another operation's requests."""
    base = url_path.rstrip("/")
    if shape.is_beside:
        return base.removesuffix(kind.base_path) + shape.path
    return _joined(base or kind.base_path, shape.path)


def endpoint(kind: ProviderKind, facts: ModelFacts, path: str) -> Endpoint:
    """What a dialect must know of a model at a provider. `path` as `request_path` returns it."""
    return Endpoint(
        dialect=kind.dialect,
        model=facts.id,
        path=path,
        producer=kind.name,
        max_output_tokens=facts.output_tokens,
        capabilities=facts.capabilities,
        rejects=facts.rejects,
        renames=facts.renames,
        headers=tuple((key.encode(), value.encode()) for key, value in kind.headers.items()),
        accepts=facts.accepts,
        tool_id_length=facts.tool_id_length,
        limits=facts.limits,
        efforts=facts.efforts,
    )


def _joined(base: str, path: str) -> str:
    first = path[: path.find("/", 1)]
    return base.removesuffix(first) + path if "/" in path[1:] else base + path


def _indexed(kind: ProviderKind) -> dict[str, Listing]:
    listings: dict[str, Listing] = {}
    for listing in kind.models:
        for alias in listing.aliases:
            listings[alias.lower()] = listing
    listings.update((listing.id.lower(), listing) for listing in kind.models)
    return listings


def _canonical(model_id: str) -> str:
    return _DAY.sub("", model_id.rpartition("/")[2].lower())


def _smaller(one: int | None, other: int | None) -> int | None:
    return min(one, other) if one is not None and other is not None else one


def _read(name: str) -> bytes:
    data = pkgutil.get_data(__package__, name)
    assert data is not None, f"the package ships {name}"
    return data
