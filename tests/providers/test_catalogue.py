import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.chat.endpoint import Capability, FileLimits
from understudy.providers.catalogue import (
    Catalogue,
    endpoint,
    listing_path,
    load_catalogue,
    request_path,
)
from understudy.providers.facts import Auth, Labs, Listing, ProviderKind, Source
from understudy.providers.price import Price

SHIPPED = load_catalogue()
LABS = Labs(
    owners={"Meta-Llama": "meta", "acme": "acme"},
    families={"llama": "meta", "llama-guard": "guards", "gpt-": "openai"},
    sources={},
    proof={},
)


def shipped(name: str) -> ProviderKind:
    kind = SHIPPED.kind(name)
    assert kind is not None
    return kind


def a_kind(name: str = "host", **changes: object) -> ProviderKind:
    kind = ProviderKind(
        name=name,
        title="Host",
        dialect="openai_chat",
        auth=Auth("authorization", "Bearer "),
        host=name,
        taxonomy="*",
        chat_path="/chat/completions",
        models_path="/models",
        capabilities=frozenset({Capability.STREAMING}),
        sources={"x": Source("https://example.com", "2026-11-24")},
        proof={"*": "x"},
        base_url="https://host.example/v1",
        base_path="/v1",
    )
    return msgspec.structs.replace(kind, **changes)


def a_listing(model_id: str, **changes: object) -> Listing:
    return msgspec.structs.replace(Listing(id=model_id, proof={"*": "x"}), **changes)


def catalogue(*kinds: ProviderKind) -> Catalogue:
    return Catalogue(kinds, LABS)


def listed_as(model_id: str, *listings: Listing) -> str | None:
    kind = a_kind(models=listings)
    return catalogue(kind).model(kind, model_id).listed_as


def test_a_kind_is_found_by_its_name():
    assert shipped("groq").title == "Groq"
    assert SHIPPED.kind("nobody") is None


def test_the_order_of_kinds_is_that_of_the_index_every_time():
    names = [kind.name for kind in SHIPPED.kinds]
    assert names == sorted(names)
    assert load_catalogue().kinds == SHIPPED.kinds


def test_a_model_is_found_by_its_name_whatever_the_case():
    assert listed_as("Big-Model", a_listing("big-model")) == "big-model"


def test_a_model_is_found_by_an_alias():
    assert listed_as("big-latest", a_listing("big-9", aliases=("big-latest",))) == "big-9"


@pytest.mark.parametrize("suffix", ["-20260101", "-2026-01-01"])
def test_a_dated_name_means_the_model_and_its_aliases(suffix):
    listing = a_listing("big-9", aliases=("big",))
    assert listed_as(f"big-9{suffix}", listing) == "big-9"
    assert listed_as(f"big{suffix}", listing) == "big-9"


def test_a_short_date_means_the_model_but_not_its_aliases():
    listing = a_listing("big-9", aliases=("big",))
    assert listed_as("big-9-2411", listing) == "big-9"
    assert listed_as("big-2411", listing) is None


def test_an_exact_name_comes_before_an_alias_of_another():
    first = a_listing("one", aliases=("two",))
    assert listed_as("two", first, a_listing("two")) == "two"


def test_the_name_stays_as_it_was_asked_for():
    kind = a_kind(models=(a_listing("big-9"),))
    facts = catalogue(kind).model(kind, "big-9-20260101")
    assert (facts.id, facts.model, facts.listed_as) == ("big-9-20260101", "big-9", "big-9")


def test_a_model_that_is_not_listed_can_do_what_its_kind_does():
    kind = a_kind(rejects=frozenset({"stop"}), renames={"a": "b"}, output_tokens=100)
    facts = catalogue(kind).model(kind, "acme/new-1")
    assert facts.listed_as is None
    assert facts.capabilities == kind.capabilities
    assert facts.rejects == {"stop"}
    assert facts.renames == {"a": "b"}
    assert facts.output_tokens == 100
    assert facts.lab == "acme"
    assert facts.price == Price()
    assert facts.context_window is None


def test_a_models_quirks_are_added_to_its_kinds():
    listing = a_listing("m", rejects=frozenset({"sampling.seed"}), renames={"a": "c", "d": "e"})
    kind = a_kind(rejects=frozenset({"stop"}), renames={"a": "b"}, models=(listing,))
    facts = catalogue(kind).model(kind, "m")
    assert facts.rejects == {"stop", "sampling.seed"}
    assert facts.renames == {"a": "c", "d": "e"}


def test_what_a_model_accepts_is_added_to_what_its_host_does():
    listing = a_listing("m", accepts=frozenset({"cache"}), tool_id_length=5)
    kind = a_kind(
        accepts=frozenset({"sampling.top_k"}),
        tool_id_length=9,
        models=(listing, a_listing("n")),
    )
    known = catalogue(kind)
    facts = known.model(kind, "m")
    assert (facts.accepts, facts.tool_id_length) == (frozenset({"sampling.top_k", "cache"}), 5)
    for name in ("n", "not-listed"):
        facts = known.model(kind, name)
        assert (facts.accepts, facts.tool_id_length) == (frozenset({"sampling.top_k"}), 9)
    made = endpoint(kind, known.model(kind, "m"), "/x")
    assert (made.accepts, made.tool_id_length) == (frozenset({"sampling.top_k", "cache"}), 5)


SAMPLING = {"sampling.top_k", "sampling.min_p", "sampling.repetition_penalty"}


@pytest.mark.parametrize(
    ("name", "accepts"),
    [
        ("openrouter", SAMPLING | {"cache", "reasoning"}),
        ("together", SAMPLING),
        ("vllm", SAMPLING),
        ("llama.cpp", SAMPLING),
        ("deepseek", {"thinking"}),
        ("mistral", {"documents.url", "prefix"}),
        ("openai", set()),
        ("groq", set()),
        ("ollama", set()),
        ("openai-compatible", set()),
    ],
)
def test_hosts_accept_what_their_own_pages_say(name, accepts):
    kind = shipped(name)
    assert endpoint(kind, SHIPPED.model(kind, "whatever"), "/x").accepts == accepts


def test_a_host_that_demands_short_ids_says_how_short():
    lengths = {kind.name: kind.tool_id_length for kind in SHIPPED.kinds if kind.tool_id_length}
    assert lengths == {"mistral": 9, "vertex-mistral": 9}


def test_limits_of_a_host_hold_for_every_model_there():
    for name, tool_id in (("openai", 40), ("azure-openai", 40), ("openai-compatible", None)):
        kind = shipped(name)
        for model in ("gpt-5.2", "whatever"):
            made = endpoint(kind, SHIPPED.model(kind, model), "/x")
            assert made.limits.tool_id == tool_id


@pytest.mark.parametrize(
    ("model", "known", "refuses_stop"),
    [
        ("o3", {"low", "medium", "high"}, True),
        ("gpt-5-mini", {"minimal", "low", "medium", "high"}, True),
        ("gpt-5.6-sol", {"none", "low", "medium", "high", "xhigh", "max"}, False),
        ("gpt-4o", set(), False),
        ("whatever", set(), False),
    ],
)
def test_models_say_how_hard_they_can_be_told_to_think(model, known, refuses_stop):
    for name in ("openai", "azure-openai"):
        kind = shipped(name)
        made = endpoint(kind, SHIPPED.model(kind, model), "/x")
        assert made.efforts == known
        assert ("stop" in made.rejects) == refuses_stop


def test_no_more_is_asked_for_than_the_model_can_write():
    kind = a_kind(
        output_tokens=32_000, models=(a_listing("small", max_output_tokens=8_000), a_listing("m"))
    )
    known = catalogue(kind)
    assert known.model(kind, "small").output_tokens == 8_000
    assert known.model(kind, "m").output_tokens == 32_000


def test_borrowed_facts_come_without_price_and_dates():
    lab = a_kind(
        "lab",
        models=(
            a_listing(
                "m", context_window=5000, price=Price(input=1, output=2), retires="2027-01-01"
            ),
        ),
    )
    host = a_kind("host", facts_from="lab")
    facts = catalogue(lab, host).model(host, "m")
    assert facts.context_window == 5000
    assert facts.price == Price()
    assert facts.retires is None
    assert catalogue(lab, host).model(lab, "m").price == Price(input=1, output=2)


def test_a_variant_has_a_price_of_its_own():
    kind = a_kind(
        models=(a_listing("acme/m", context_window=5000, price=Price(input=1, output=2)),)
    )
    facts = catalogue(kind).model(kind, "acme/m:free")
    assert (facts.listed_as, facts.context_window, facts.price) == ("acme/m", 5000, Price())


@pytest.mark.parametrize(
    ("model_id", "lab"),
    [
        ("meta-llama/anything", "meta"),
        ("META-LLAMA/Anything", "meta"),
        ("accounts/acme/models/x", "acme"),
        ("llama3.2:1b", "meta"),
        ("somebody/Llama-3-tuned", "meta"),
        ("llama-guard-4", "guards"),
        ("acme/llama-3", "acme"),
        ("mystery", None),
        ("", None),
    ],
)
def test_the_lab_is_read_from_the_name(model_id, lab):
    assert catalogue().lab_of(model_id) == lab


def test_a_hosts_own_lab_holds_only_where_the_name_says_no_other():
    kind = a_kind(lab="acme")
    known = catalogue(kind)
    assert known.model(kind, "mystery").lab == "acme"
    assert known.model(kind, "llama-3").lab == "meta"


@pytest.mark.parametrize(
    ("kind", "url_path", "expected"),
    [
        ("openai", "", "/v1/chat/completions"),
        ("openai", "/", "/v1/chat/completions"),
        ("openai", "/proxy/v1/", "/proxy/v1/chat/completions"),
        ("azure-openai", "", "/openai/v1/chat/completions"),
        ("azure-openai", "/openai/v1", "/openai/v1/chat/completions"),
        ("anthropic", "", "/v1/messages"),
        ("anthropic", "/v1", "/v1/messages"),
        ("anthropic", "/anthropic", "/anthropic/v1/messages"),
        ("llama.cpp", "", "/v1/chat/completions"),
        ("groq", "/openai/v1", "/openai/v1/chat/completions"),
        ("gemini", "", "/v1beta/models/{model}:generateContent"),
        ("gemini", "/v1beta", "/v1beta/models/{model}:generateContent"),
        ("vertex", "", "/v1/publishers/google/models/{model}:generateContent"),
        (
            "vertex", "/v1/projects/p/locations/eu/publishers/google",
            "/v1/projects/p/locations/eu/publishers/google/models/{model}:generateContent",
        ),
    ],
)  # fmt: skip
def test_an_address_may_be_written_with_its_path_or_without(kind, url_path, expected):
    assert request_path(shipped(kind), url_path) == expected


def test_models_are_listed_beside_the_chat():
    assert listing_path(shipped("ollama"), "") == "/v1/models"
    assert listing_path(shipped("anthropic"), "/v1") == "/v1/models"
    assert listing_path(shipped("openrouter"), "/api/v1") == "/api/v1/models"


def test_an_endpoint_says_all_that_a_dialect_must_know():
    kind = shipped("anthropic")
    made = endpoint(kind, SHIPPED.model(kind, "claude-sonnet-5"), "/v1/messages")
    assert (made.dialect, made.model, made.path) == (
        "anthropic_messages",
        "claude-sonnet-5",
        "/v1/messages",
    )
    assert made.headers == ((b"anthropic-version", b"2023-06-01"),)
    assert made.max_output_tokens == 32_000
    assert "sampling.temperature" in made.rejects
    assert Capability.PREFILL not in made.capabilities
    assert Capability.TOOLS in made.capabilities


def test_older_claude_models_can_be_continued_and_newer_ones_not():
    kind = shipped("anthropic")
    can = {
        name: Capability.PREFILL in SHIPPED.model(kind, name).capabilities
        for name in ("claude-sonnet-4-5", "claude-haiku-4-5", "claude-sonnet-4-6", "claude-opus-5")
    }
    assert can == {
        "claude-sonnet-4-5": True,
        "claude-haiku-4-5": True,
        "claude-sonnet-4-6": False,
        "claude-opus-5": False,
    }


def test_one_model_has_one_name_wherever_it_is_served():
    names = {
        SHIPPED.model(shipped(kind), model).model
        for kind, model in (
            ("anthropic", "claude-sonnet-4-6"),
            ("openrouter", "anthropic/claude-sonnet-4.6"),
            ("openrouter", "anthropic/claude-sonnet-4-6"),
        )
    }
    assert names == {"claude-sonnet-4-6"}
    llama = {
        SHIPPED.model(shipped(kind), model).model
        for kind, model in (
            ("groq", "llama-3.3-70b-versatile"),
            ("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo"),
            ("openrouter", "meta-llama/llama-3.3-70b-instruct"),
        )
    }
    assert llama == {"llama-3.3-70b-instruct"}


def test_a_dated_claude_is_the_same_model_as_its_short_name():
    kind = shipped("anthropic")
    short = SHIPPED.model(kind, "claude-haiku-4-5")
    dated = SHIPPED.model(kind, "claude-haiku-4-5-20251001")
    assert msgspec.structs.replace(short, id=dated.id) == dated


@given(kind=st.sampled_from(SHIPPED.kinds), model_id=st.text(max_size=40))
def test_any_name_gives_facts_that_can_be_used(kind, model_id):
    facts = SHIPPED.model(kind, model_id)
    assert facts.id == model_id
    assert not kind.dialect or Capability.STREAMING in facts.capabilities
    assert endpoint(kind, facts, "/x").model == model_id


@given(
    kind=st.sampled_from(SHIPPED.kinds),
    path=st.from_regex(r"(/[a-z0-9]{1,4}){0,3}/?", fullmatch=True),
)
def test_a_path_never_doubles_its_version(kind, path):
    made = request_path(kind, path)
    assert made.endswith(kind.chat_path)
    assert "//" not in made
    assert "/v1/v1/" not in made or "/v1/v1" in path


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("bedrock", FileLimits(documents=5, document_bytes=4_718_592)),
        ("gemini", FileLimits(request_bytes=104_857_600)),
        ("cohere", FileLimits(pictures=20, request_bytes=28_000_000)),
        ("xai", FileLimits(picture_bytes=20_971_520)),
        ("anthropic", FileLimits(600, None, 3_932_160, None, 33_554_432)),
        ("groq", FileLimits(pictures=5, request_bytes=4_194_304)),
        ("mistral", FileLimits(pictures=8, picture_bytes=10_485_760)),
        ("openai", FileLimits(pictures=500, request_bytes=52_428_800)),
        ("openai-compatible", None),
    ],
)
def test_hosts_take_as_many_files_as_their_pages_say(name, files):
    kind = shipped(name)
    assert endpoint(kind, SHIPPED.model(kind, "whatever"), "/x").limits.files == files
