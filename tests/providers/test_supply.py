"""What hosts say is left: their fields as they were recorded, and as they must not be believed."""

import pytest

from understudy.chat.failure import Supply
from understudy.providers.catalogue import load_catalogue
from understudy.providers.supply import Counter, Gauge, SupplyFields, Times, gauge
from understudy.wire.http import Headers

SHIPPED = load_catalogue()
TELLING = (
    "openai",
    "groq",
    "azure-openai",
    "anthropic",
    "mistral",
    "together",
    "fireworks",
    "openrouter",
    "cerebras",
)
TIME = (b"date", b"Mon, 23 Jun 2025 10:26:53 GMT")


def shipped(name: str) -> Gauge:
    kind = SHIPPED.kind(name)
    made = None if kind is None else gauge(kind.supply)
    assert made is not None
    return made


def simple(times: Times = "seconds", *, is_refilled: bool = False) -> Gauge:
    counters = (Counter("requests", "left", "limit", "reset"), Counter("tokens", "left-tokens"))
    made = gauge(SupplyFields(counters, times, is_refilled))
    assert made is not None
    return made


def fields(**values: str) -> Headers:
    return tuple(
        (name.replace("_", "-").encode(), value.encode()) for name, value in values.items()
    )


def openai(requests: str, tokens: str, *, reset: str = "6ms") -> Headers:
    return fields(
        x_ratelimit_limit_requests="10000",
        x_ratelimit_limit_tokens="50000000",
        x_ratelimit_remaining_requests=requests,
        x_ratelimit_remaining_tokens=tokens,
        x_ratelimit_reset_requests=reset,
        x_ratelimit_reset_tokens="0s",
    )


def claude(tokens: str) -> Headers:
    said = {
        f"anthropic-ratelimit-{what}-{part}".encode(): value
        for what in ("requests", "tokens", "input-tokens", "output-tokens")
        for part, value in (
            ("limit", b"400000"),
            ("remaining", b"400000"),
            ("reset", b"2025-06-23T10:26:53Z"),
        )
    }
    said[b"anthropic-ratelimit-output-tokens-remaining"] = tokens.encode()
    said[b"anthropic-ratelimit-output-tokens-reset"] = b"2025-06-23T10:27:53Z"
    return (*said.items(), TIME)


AZURE = fields(
    x_ratelimit_limit_requests="120",
    x_ratelimit_remaining_requests="0",
    x_ratelimit_remaining_tokens="119986",
    x_ratelimit_limit_tokens="120000",
    x_ratelimit_reset_requests="60000",
    x_ratelimit_reset_tokens="7",
)
MISTRAL = fields(
    x_ratelimit_limit_req_10_second="60",
    x_ratelimit_remaining_req_10_second="0",
    x_ratelimit_limit_tokens_minute="20000000",
    x_ratelimit_remaining_tokens_minute="19999958",
    x_ratelimit_limit_tokens_month="200000000000",
    x_ratelimit_remaining_tokens_month="199999999424",
    x_ratelimit_tokens_query_cost="21",
)
MONTH = fields(x_ratelimit_remaining_tokens_minute="0", x_ratelimit_remaining_tokens_month="0")
TOGETHER = fields(x_ratelimit_limit="2", x_ratelimit_remaining="0", x_ratelimit_reset="1")


OPENROUTER = (
    *fields(x_ratelimit_limit="50", x_ratelimit_remaining="0", x_ratelimit_reset="1750674473000"),
    TIME,
)
CEREBRAS = fields(
    x_ratelimit_limit_requests_day="1000000000",
    x_ratelimit_limit_tokens_minute="1000000000",
    x_ratelimit_remaining_requests_day="999997455",
    x_ratelimit_remaining_tokens_minute="0",
    x_ratelimit_reset_requests_day="33011.382867097855",
    x_ratelimit_reset_tokens_minute="20",
)


def fireworks(generated: str) -> Headers:
    return fields(
        x_ratelimit_limit_tokens_prompt="11250000",
        x_ratelimit_remaining_tokens_prompt="11249000",
        x_ratelimit_limit_tokens_cache_adjusted_prompt="5400000",
        x_ratelimit_remaining_tokens_cache_adjusted_prompt="5399000",
        x_ratelimit_limit_tokens_generated="36000",
        x_ratelimit_remaining_tokens_generated=generated,
        x_ratelimit_over_limit="no",
    )


@pytest.mark.parametrize(
    ("kind", "headers", "supply"),
    [
        ("openai", openai("9999", "49999989"), Supply(is_ample=True)),
        ("openai", openai("4999", "49999989"), Supply()),
        ("openai", openai("0", "49999989", reset="1m0s"), Supply("requests", 6.0)),
        ("groq", openai("0", "0", reset="23h59m54s"), Supply("requests and tokens")),
        ("azure-openai", AZURE, Supply("requests", 6.0)),
        ("anthropic", claude("400000"), Supply(is_ample=True)),
        ("anthropic", claude("0"), Supply("output tokens", 6.0)),
        ("mistral", MISTRAL, Supply("requests", 10.0)),
        ("mistral", MONTH, Supply("tokens and tokens of the month")),
        ("together", TOGETHER, Supply("requests", 1.0)),
        ("fireworks", fireworks("35000"), Supply(is_ample=True)),
        ("fireworks", fireworks("0"), Supply("output tokens", 6.0)),
        ("openrouter", OPENROUTER, Supply("requests of free models", 60.0)),
        ("cerebras", CEREBRAS, Supply("tokens", 2.0)),
    ],
)
def test_what_hosts_were_recorded_to_say(kind: str, headers: Headers, supply: Supply) -> None:
    made = shipped(kind)
    assert made.read(headers) == supply
    assert made.is_spent(headers) is bool(supply.spent)


@pytest.mark.parametrize("kind", TELLING)
def test_an_answer_without_any_says_nothing(kind: str) -> None:
    made = shipped(kind)
    assert made.read((TIME, (b"content-type", b"application/json"))) is None
    assert not made.is_spent((TIME, (b"x-other", b"0")))


def test_a_kind_that_tells_of_none_has_no_gauge() -> None:
    kind = SHIPPED.kind("vllm")
    assert kind is not None
    assert gauge(kind.supply) is None


@pytest.mark.parametrize(
    ("times", "value", "seconds"),
    [
        ("duration", "1d2h3m4.5s", 93_784.5),
        ("duration", "6m0s", 360.0),
        ("duration", "7.66s", 7.66),
        ("duration", "120ms", 0.12),
        ("duration", "1s500ms", 1.5),
        ("duration", "6", None),
        ("duration", "", None),
        ("duration", "0s", None),
        ("duration", "-6s", None),
        ("duration", "s", None),
        ("milliseconds", "500", 0.5),
        ("milliseconds", "-1", None),
        ("seconds", "26.28409242630005", 26.28409242630005),
        ("seconds", "nan", None),
        ("seconds", "1e9", None),
        ("unix_milliseconds", "1750674473000", 60.0),
        ("unix_milliseconds", "1750674413000", None),
        ("unix_milliseconds", "60.5", None),
        ("date", "2025-06-23T10:27:53Z", 60.0),
        ("date", "2025-06-23T12:27:53+02:00", 60.0),
        ("date", "2025-06-23T10:27:53", 60.0),
        ("date", "2025-06-23T10:26:00Z", None),
        ("date", "soon", None),
        ("date", "\xff", None),
    ],
)
def test_times_are_read_with_distrust(times: Times, value: str, seconds: float | None) -> None:
    headers = ((b"left", b"0"), (b"reset", value.encode("latin-1")), TIME)
    assert simple(times).read(headers) == Supply("requests", seconds)


def test_a_moment_counts_from_the_answers_own_date_and_from_nothing_else() -> None:
    headers = fields(left="0", reset="2025-06-23T10:27:53Z")
    assert simple("date").read(headers) == Supply("requests")


@pytest.mark.parametrize("value", ["-1", "", "0.5", "many", "9" * 16])
def test_what_is_no_count_is_not_known(value: str) -> None:
    assert simple().read(fields(left=value)) is None
    assert simple().read(fields(left=value, left_tokens="7")) == Supply()


def test_a_doubled_field_is_not_known() -> None:
    assert simple().read((*fields(left="0"), *fields(left="5"))) is None


def test_nothing_is_ample_whose_limit_nobody_knows() -> None:
    known = fields(left="10", limit="10")
    assert simple().read(known) == Supply(is_ample=True)
    assert simple().read((*known, *fields(left_tokens="10000"))) == Supply()
    assert simple().read(fields(left="10", limit="0")) == Supply()


def test_a_limit_that_fills_evenly_is_used_again_once_a_tenth_is_back() -> None:
    made = simple(is_refilled=True)
    assert made.read(fields(left="0", reset="60")) == Supply("requests", 6.0)
    assert made.read(fields(left="0", reset="86400")) == Supply("requests", 60.0)


def test_of_several_that_are_spent_the_last_to_be_back_counts() -> None:
    counters = tuple(Counter(unit, unit, reset=f"{unit}-reset") for unit in ("a", "b"))
    made = gauge(SupplyFields(counters, "seconds"))
    assert made is not None
    both = fields(a="0", b="0", a_reset="5", b_reset="9")
    assert made.read(both) == Supply("a and b", 9.0)
    assert made.read(fields(a="0", b="0", b_reset="9")) == Supply("a and b"), "nobody knows of a"
