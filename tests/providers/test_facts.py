import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest
from tests.every import every

import understudy.providers.facts
from understudy.chat.endpoint import Capability
from understudy.chat.request import ReasoningConfig, Request
from understudy.dialects.catalog import CHATS, SPOKEN
from understudy.operations.kinds import Operation
from understudy.providers.facts import Labs, Listing, ProviderKind, Source
from understudy.providers.price import Price
from understudy.providers.taxonomy import load_taxonomy

DATA = Path(understudy.providers.facts.__file__).parent / "data"
INSIDE = {"vertex_anthropic": "anthropic_messages", "vertex_mistral": "openai_chat"}
"""Dialects that are others in an envelope."""

INDEX = msgspec.json.decode((DATA / "index.json").read_bytes(), type=list[str])
KINDS = [
    msgspec.json.decode((DATA / f"{name}.json").read_bytes(), type=ProviderKind) for name in INDEX
]
LABS = msgspec.json.decode((DATA / "labs.json").read_bytes(), type=Labs)
TAXONOMY = load_taxonomy()

NO_FACTS = {"id", "name", "sources", "proof", "models", "facts_from"}
REQUIRED = {
    "openai", "azure-openai", "anthropic", "mistral", "xai", "groq", "deepseek", "together",
    "openrouter", "gemini", "vertex", "inflection", "meta-llama", "vllm", "llama.cpp", "ollama",
    "openai-compatible",
}  # fmt: skip

OTHERS_FIELDS = {"safe_prompt", "prompt_mode", "random_seed"}
"""Fields of one lab's own that others who speak its dialect answer with an error."""

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
with_models = pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind.models], ids=lambda kind: kind.name
)


def each_listing(check: Callable[[ProviderKind, Listing], None]) -> Callable[..., None]:
    """Make it one test for all models of a kind, which names those that fail."""

    @with_models
    def test(kind: ProviderKind) -> None:
        models = {listing.id: listing for listing in kind.models}
        every(models, lambda name: check(kind, models[name]))

    return test


def facts(value: ProviderKind | Listing | Labs) -> list[str]:
    """The fields that say something: all but names, and those at their default."""
    return [
        field.name
        for field in msgspec.structs.fields(value)
        if field.name not in NO_FACTS
        and (field.required or getattr(value, field.name) != default(field))
    ]


def default(field: msgspec.structs.FieldInfo) -> object:
    factory = field.default_factory
    return field.default if factory is msgspec.NODEFAULT else factory()


MEASURES = {
    Operation.RERANK: {"search"},
    Operation.IMAGES: {"picture"},
    Operation.SPEECH: {"characters"},
    Operation.TRANSCRIPTION: {"minute"},
}
"""What an operation may be billed by besides tokens."""

READING = {Operation.EMBEDDINGS, Operation.RERANK, Operation.MODERATION}
"""What writes no tokens."""


def assert_proven(value: ProviderKind | Listing | Labs, sources: dict[str, Source]) -> None:
    fields = {field.name for field in msgspec.structs.fields(value)}
    assert set(value.proof) <= fields | {"*"}
    assert set(value.proof.values()) <= set(sources)
    unproven = [name for name in facts(value) if name not in value.proof and "*" not in value.proof]
    assert not unproven


def test_every_file_is_in_the_index_and_the_index_is_sorted():
    files = {path.name.removesuffix(".json") for path in DATA.iterdir()} - {"index", "labs"}
    assert sorted(files) == INDEX
    assert [kind.name for kind in KINDS] == INDEX


def test_the_kinds_that_were_promised_are_there():
    assert set(INDEX) >= REQUIRED


@each_kind
def test_every_fact_of_a_kind_has_a_source(kind):
    assert_proven(kind, kind.sources)


@each_listing
def test_every_fact_of_a_model_has_a_source(kind, listing):
    assert_proven(listing, kind.sources)


def test_every_lab_has_a_source():
    assert_proven(LABS, LABS.sources)


@pytest.mark.parametrize("value", [*KINDS, LABS], ids=[*INDEX, "labs"])
def test_every_source_has_an_address_and_a_date_and_is_used(value):
    used = set(value.proof.values())
    for listing in getattr(value, "models", ()):
        used |= set(listing.proof.values())
    assert used == set(value.sources)
    for source in value.sources.values():
        url = urlsplit(source.url)
        assert url.scheme == "https" or (DATA.parents[3] / source.url).is_file()
        day = source.date if len(source.date) == 10 else f"{source.date}-01"
        assert dt.date(2023, 1, 1) <= dt.date.fromisoformat(day)


@each_kind
def test_a_kind_says_how_to_reach_it(kind):
    assert kind.taxonomy in TAXONOMY.providers
    if kind.dialect:
        assert kind.dialect in CHATS
        assert kind.chat_path.startswith("/")
        assert kind.models_path.startswith("/")
    else:  # it has no chat
        assert kind.operations
        assert not kind.chat_path
    for shape in kind.operations.values():
        assert shape.dialect in SPOKEN
        assert shape.path.startswith("/")
    assert (kind.base_url is None) != (kind.base_url_example is None)
    url = urlsplit(kind.base_url or kind.base_url_example)
    assert url.path == kind.base_path
    assert url.scheme == "https" or kind.is_local or url.hostname == "127.0.0.1"
    assert not kind.base_path.endswith("/")


@each_kind
def test_a_kind_says_where_a_key_goes_and_where_one_may_be(kind):
    assert kind.auth is not None
    assert kind.auth.header == kind.auth.header.lower()
    assert bool(kind.key_env) == kind.needs_key
    for name in kind.key_env:
        assert re.fullmatch(r"[A-Z][A-Z0-9_]+", name)
    for name in kind.headers:
        assert name == name.lower()
        assert name != kind.auth.header


@each_kind
def test_a_local_kind_is_looked_for_on_this_machine_only(kind):
    # "local" is started here, so that nobody has to look for it.
    assert kind.is_local == bool(kind.probes) or kind.name == "local"
    for probe in kind.probes:
        assert urlsplit(probe).hostname == "127.0.0.1"
        assert urlsplit(probe).path == kind.base_path


def test_a_variable_holds_the_key_of_one_kind():
    names = [name for kind in KINDS for name in kind.key_env]
    assert len(names) == len(set(names))


@each_kind
def test_names_of_models_are_used_once(kind):
    names = [name.lower() for each in kind.models for name in (each.id, *each.aliases)]
    assert len(names) == len(set(names))


@each_kind
def test_facts_are_borrowed_from_a_kind_that_has_some(kind):
    if kind.facts_from is not None:
        lender = KINDS[INDEX.index(kind.facts_from)]
        assert lender.models
        assert lender.facts_from is None
        assert lender.dialect == INSIDE.get(kind.dialect, kind.dialect)


@each_kind
def test_a_dialect_that_demands_a_limit_has_one_to_ask_for(kind):
    assert (kind.output_tokens is not None) == (
        INSIDE.get(kind.dialect, kind.dialect) == "anthropic_messages"
    )


@each_kind
def test_what_is_rejected_is_a_part_of_the_neutral_request(kind):
    rejected = kind.rejects.union(*(listing.rejects for listing in kind.models))
    for path in (each for both in rejected - OTHERS_FIELDS for each in both.split("+")):
        value: object = Request(model="", messages=(), reasoning=ReasoningConfig())
        for name in path.split("."):
            assert isinstance(value, msgspec.Struct)
            assert name in {field.name for field in msgspec.structs.fields(value)}, path
            value = getattr(value, name)


@each_listing
def test_a_model_streams_and_its_answer_fits_its_window(kind, listing):
    capabilities = kind.capabilities if listing.capabilities is None else listing.capabilities
    assert Capability.STREAMING in capabilities or listing.operation in kind.operations
    if listing.context_window is not None:
        assert listing.context_window >= 1024
        assert (listing.max_output_tokens or 1) <= listing.context_window


@each_listing
def test_a_price_is_sane(kind, listing):
    price = listing.price
    if price is None:
        return
    assert price != Price()
    amounts = msgspec.structs.asdict(price)
    measures = {name: amounts.pop(name) for name in ("search", "picture", "characters", "minute")}
    assert all(amount is None or 0 <= amount <= 200 for amount in amounts.values())
    told = {name for name, amount in measures.items() if amount is not None}
    assert told <= MEASURES.get(listing.operation, set())
    assert all(0 < measures[name] <= 1 for name in told - {"characters"})
    if not told:
        assert price.input is not None
        assert price.output is not None
        assert price.input <= price.output or listing.operation in READING
    assert price.cache_read is None or price.cache_read <= (price.input or 0)


@each_listing
def test_dates_are_days_and_a_retired_model_names_its_heir(kind, listing):
    for day in (listing.retires, listing.retires_not_before):
        assert day is None or dt.date.fromisoformat(day) > dt.date(2023, 1, 1)
    assert listing.retires is None or listing.retires_not_before is None
    names = {name for each in kind.models for name in (each.id, *each.aliases)}
    assert listing.replaced_by is None or listing.replaced_by in names


@each_kind
def test_nothing_is_both_accepted_and_rejected(kind):
    for accepts, rejects in (
        (kind.accepts, kind.rejects),
        *((kind.accepts | each.accepts, kind.rejects | each.rejects) for each in kind.models),
    ):
        assert not accepts & rejects


def test_an_accepted_path_that_no_dialect_knows_is_refused():
    data = msgspec.json.decode((DATA / "groq.json").read_bytes())
    with pytest.raises(msgspec.ValidationError, match="accepts"):
        msgspec.convert({**data, "accepts": ["sampling.colour"]}, ProviderKind)


def test_prefill_is_claimed_only_where_a_source_says_so():
    for kind in KINDS:
        assert Capability.PREFILL not in kind.capabilities or "prefill" in kind.sources
        for listing in kind.models:
            if Capability.PREFILL in (listing.capabilities or ()):
                assert listing.proof["capabilities"] == "prefill"


def test_an_unknown_field_is_refused():
    data = msgspec.json.decode((DATA / "groq.json").read_bytes())
    with pytest.raises(msgspec.ValidationError, match="colour"):
        msgspec.convert({**data, "colour": "red"}, ProviderKind)


def test_the_guides_example_is_a_provider_file_with_all_its_sources():
    guide = (DATA.parents[3] / "docs" / "adding-a-provider.md").read_text()
    example = guide.partition("```json\n")[2].partition("```")[0]
    kind = msgspec.json.decode(example, type=ProviderKind)
    assert_proven(kind, kind.sources)
    for listing in kind.models:
        assert_proven(listing, kind.sources)
