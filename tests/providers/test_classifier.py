import dataclasses
import functools
import math

import msgspec
import pytest

from understudy.chat.failure import Failure, Fault, Progress, Reaction, Scope, Signal, Surface
from understudy.providers.classifier import MAX_MESSAGE, Classifier
from understudy.providers.taxonomy import Row, load_taxonomy


@functools.cache
def rows() -> tuple[Row, ...]:
    return load_taxonomy().rows


@functools.cache
def classifier() -> Classifier:
    return Classifier(rows())


def classify(provider: str, surface: Surface = Surface.HTTP, **fields: object) -> Failure:
    return classifier().classify(provider, Signal(surface, **fields), Progress.SENT)  # type: ignore[arg-type]


@dataclasses.dataclass
class Said:
    code: str | None = None
    type: str | None = None
    message: str = ""


def text(value: object) -> str | None:
    return None if value is None else str(value)


def first_reason(error: dict) -> str | None:
    details = error.get("details")
    return details[0].get("reason") if isinstance(details, list) and details else None


def normalised(provider: str, body: object) -> Said:
    """Read an error body as the data's own description says; in production the dialects do."""
    if not isinstance(body, dict):
        return Said()
    error = body.get("error")
    if isinstance(error, str):
        return Said(message=error)
    if not isinstance(error, dict):
        return Said(text(body.get("code")), body.get("type"), body.get("message") or "")
    message = error.get("message") or ""
    match provider:
        case "anthropic":
            return Said((error.get("details") or {}).get("error_code"), error.get("type"), message)
        case "gemini" | "vertex":
            return Said(first_reason(error), error.get("status"), message)
        case _:
            return Said(text(error.get("code")), error.get("type"), message)


def signal_of(row: Row) -> Signal:
    example = row.example
    said = normalised(row.provider, msgspec.json.decode(example.body))
    exception = example.headers.get("x-amzn-errortype")
    return Signal(
        surface=Surface(row.surface),
        status=example.status,
        code=example.code or said.code,
        type=example.type or exception or said.type,
        message=example.message or said.message,
        event=example.event,
        finish=example.finish,
        flag=example.flag,
    )


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.id)
def test_each_example_selects_its_own_row(row):
    failure = classifier().classify(row.provider, signal_of(row), Progress.SENT)
    assert failure.kind == row.id
    assert failure.domain == row.domain
    assert failure.permanence == row.permanence
    assert failure.cooldown == row.cooldown_s
    assert [reaction.value for reaction in failure.reactions] == list(row.reaction)
    assert text(failure.after_first_token and failure.after_first_token.value) == (
        row.after_first_token
    )


def test_there_are_as_many_rows_as_were_given_to_us():
    assert len(rows()) == 301


@pytest.mark.parametrize(
    "row", [row for row in rows() if row.surface != "http"], ids=lambda r: r.id
)
def test_where_a_flag_was_seen_does_not_change_what_it_means(row):
    for surface in set(Surface) - {Surface.HTTP}:
        signal = msgspec.structs.replace(signal_of(row), surface=surface)
        found = classifier().classify(row.provider, signal, Progress.SENT)
        assert found.kind == row.id, surface


def test_a_row_about_a_response_needs_a_response():
    assert classify("groq", Surface.STREAM, status=200).kind == "default.stream"
    assert classify("bedrock", type="ThrottlingException").kind == "bedrock.Throttling"
    assert classify("bedrock", Surface.STREAM, event="ping").kind == "default.stream"


def test_an_error_object_in_a_good_response_means_what_its_code_or_type_means():
    quota = classify(
        "azure_openai", Surface.STREAM, flag="error_object_in_data", code="insufficient_quota"
    )
    assert quota.kind == "azure.429.insufficient_quota"
    assert quota.charge is Scope.ACCOUNT
    assert quota.after_first_token is Reaction.RESUME
    throttled = classify("bedrock", Surface.STREAM, type="ThrottlingException")
    assert throttled.kind == "bedrock.Throttling"
    policy = classify("azure_openai", Surface.STREAM, code="content_filter")
    assert policy.kind == "azure.400.content_filter"
    assert policy.after_first_token is Reaction.PASS_THROUGH


def test_the_providers_own_rows_come_before_everybodys():
    assert classify("openai", status=429).kind == "openai.429.rpm"
    assert classify("groq", status=500).kind == "any.http.500"
    assert classify("nobody has heard of it", status=500).kind == "any.http.500"
    assert classify("*", status=401).kind == "any.http.401"


def test_rows_of_a_provider_are_tried_in_order():
    quota = classify("openai", status=429, type="insufficient_quota", message="tokens per min")
    assert quota.kind == "openai.429.insufficient_quota"


def test_a_status_and_a_flag_seen_together_still_obey_the_order():
    failure = classify("*", status=403, flag="html_body", message="<HTML>no")
    assert failure.kind == "any.http.403_html"


PAGE = "<html>Attention Required! | Cloudflare"


def test_a_page_of_the_edge_outranks_a_row_for_a_status_alone_and_no_other():
    assert classify("xai", status=403, message="no").kind == "xai.403"
    assert classify("xai", status=403, message=PAGE).kind == "any.http.403_html"
    assert classify("openai", status=403, message=f"{PAGE} country").kind == "openai.403.country"
    assert classify("openai", status=403, code="billing_not_active", message=PAGE).kind == (
        "openai.400.billing_not_active"
    )
    assert classify("xai", status=401, message=PAGE).kind != "any.http.403_html"


def test_patterns_ignore_case():
    failure = classify("anthropic", status=400, message="PROMPT IS TOO LONG: 9 tokens")
    assert failure.kind == "anthropic.400.prompt_too_long"


def test_a_near_miss_falls_to_the_next_row():
    assert (
        classify("openai", status=400, code="context_length").kind == "openai.400.invalid_request"
    )
    assert classify("openai", status=404, message="nothing").kind == "openai.404.other"


@pytest.mark.parametrize(
    ("status", "kind", "fault", "charge"),
    [
        (499, "any.http.499", Fault.CLIENT, Scope.NONE),
        (416, "default.http.4xx", Fault.CLIENT, Scope.NONE),
        (450, "default.http.4xx", Fault.CLIENT, Scope.NONE),
        (506, "default.http.5xx", Fault.UPSTREAM, Scope.HOST),
        (599, "default.http.5xx", Fault.UPSTREAM, Scope.HOST),
        (600, "default.http.other", Fault.UPSTREAM, Scope.HOST),
        (304, "default.http.other", Fault.UPSTREAM, Scope.HOST),
        (204, "default.http.other", Fault.UPSTREAM, Scope.HOST),
        (99, "default.http.other", Fault.UPSTREAM, Scope.HOST),
    ],
)
def test_a_status_in_no_row_is_charged_by_its_hundred(status, kind, fault, charge):
    failure = classify("*", status=status)
    assert (failure.kind, failure.fault, failure.charge) == (kind, fault, charge)


def test_a_broken_stream_in_no_row_is_the_hosts_and_may_be_resumed():
    failure = classify("mistral", Surface.STREAM, flag="something_new")
    assert failure.kind == "default.stream"
    assert failure.fault is Fault.UPSTREAM
    assert failure.charge is Scope.HOST
    assert failure.after_first_token is Reaction.RESUME
    assert failure.message == "something new"


def test_our_own_trouble_charges_nobody():
    failure = classify("openai", Surface.GATEWAY, flag="something_of_ours")
    assert (failure.fault, failure.charge) == (Fault.GATEWAY, Scope.NONE)
    assert failure.reactions == (Reaction.GIVE_UP,)


def test_an_error_object_in_a_good_response_means_the_status_inside_it():
    failure = classify(
        "openrouter", Surface.STREAM, flag="error_object_in_data", code="429", message="slow"
    )
    assert failure.kind == "openrouter.429"
    assert failure.charge is Scope.ACCOUNT
    assert failure.after_first_token is Reaction.RESUME
    refused = classify("openrouter", Surface.SEMANTIC, status=400, flag="some_flag")
    assert refused.kind == "openrouter.400"
    assert refused.after_first_token is Reaction.PASS_THROUGH


def test_a_row_for_the_flag_comes_before_the_status_inside():
    failure = classify("openrouter", Surface.SEMANTIC, flag="error_object_in_200", code="429")
    assert failure.kind == "openrouter.200.error_body"


@pytest.mark.parametrize("code", ["200", "999", "42x", "\u0664\u0662\u0669", "4290", ""])
def test_a_code_that_is_no_error_status_is_no_status(code):
    failure = classify("*", Surface.STREAM, flag="error_object_in_data", code=code)
    assert failure.kind == "default.stream"


@pytest.mark.parametrize(
    ("provider", "fields", "fault", "charge"),
    [
        ("openai", {"status": 400}, Fault.CLIENT, Scope.NONE),
        ("openai", {"status": 401}, Fault.UPSTREAM, Scope.KEY),
        ("openai", {"status": 429}, Fault.UPSTREAM, Scope.ACCOUNT),
        ("anthropic", {"status": 529}, Fault.UPSTREAM, Scope.HOST),
        ("gemini", {"status": 504}, Fault.UPSTREAM, Scope.HOST),
        ("*", {"flag": "connect_refused"}, Fault.UPSTREAM, Scope.HOST),
        ("*", {"flag": "client_disconnected"}, Fault.CLIENT, Scope.NONE),
        ("*", {"flag": "pool_timeout"}, Fault.GATEWAY, Scope.NONE),
        ("*", {"flag": "reused_connection_closed"}, Fault.UPSTREAM, Scope.NONE),
        ("openai", {"status": 400, "code": "invalid_encrypted_content"}, Fault.CLIENT, Scope.NONE),
        ("openai", {"status": 400, "message": "service_tier"}, Fault.UPSTREAM, Scope.NONE),
    ],
)
def test_who_must_change_something_and_who_is_charged(provider, fields, fault, charge):
    failure = classify(provider, **fields)
    assert (failure.fault, failure.charge) == (fault, charge)


def test_a_clients_fault_never_charges_anybody():
    for row in rows():
        failure = classifier().classify(row.provider, signal_of(row), Progress.SENT)
        if failure.fault is not Fault.UPSTREAM:
            assert failure.charge is Scope.NONE, row.id


def test_what_the_provider_said_is_carried_on():
    failure = classifier().classify(
        "openai",
        Signal(
            Surface.HTTP, status=429, code="slow_down", type="t", message="wait", retry_after=7.5
        ),
        Progress.STREAMING,
    )
    assert failure.progress is Progress.STREAMING
    assert (failure.status, failure.code, failure.type) == (429, "slow_down", "t")
    assert (failure.message, failure.retry_after) == ("wait", 7.5)


@pytest.mark.parametrize("hint", [0.0, -1.0, math.inf, -math.inf, math.nan])
def test_a_wait_that_makes_no_sense_is_unknown(hint):
    assert classify("azure_openai", status=429, retry_after=hint).retry_after is None


def test_a_provider_that_says_do_not_retry_is_not_tried_again():
    assert Reaction.RETRY_SAME in classify("openai", status=500).reactions
    assert Reaction.RETRY_SAME not in classify("openai", status=500, should_retry=False).reactions


def test_a_provider_that_says_retry_may_be_tried_again_last():
    plain = classify("azure_openai", status=408)
    assert Reaction.RETRY_SAME not in classify("*", flag="ttfb_timeout").reactions
    hinted = classify("*", flag="ttfb_timeout", should_retry=True)
    assert hinted.reactions[-1] is Reaction.RETRY_SAME
    assert classify("azure_openai", status=408, should_retry=True).reactions == (
        plain.reactions
        if Reaction.RETRY_SAME in plain.reactions
        else (*plain.reactions, Reaction.RETRY_SAME)
    )


def test_a_revoked_key_is_not_tried_again_whatever_the_header_says():
    assert Reaction.RETRY_SAME not in classify("openai", status=401, should_retry=True).reactions


def test_a_failure_without_words_gets_some_and_a_long_one_is_cut():
    assert classify("*", status=502).message == "status 502 without a message"
    assert classify("*", flag="empty_200").message == "empty 200"
    assert classify("*", Surface.STREAM).message == "stream"
    assert len(classify("*", status=502, message="x" * 100_000).message) == MAX_MESSAGE


def test_rows_with_words_that_nobody_knows_are_refused():
    strange = msgspec.structs.replace(rows()[0], reaction=("pray",))
    with pytest.raises(ValueError, match="pray"):
        Classifier([strange])


@pytest.mark.parametrize(
    ("word", "charge"),
    [
        ("network", Scope.EDGE),
        ("request", Scope.NONE),
        ("region", Scope.REGION),
        ("lab", Scope.LAB),
    ],
)
def test_what_a_row_counts_against_is_a_kind_of_failure_domain(word, charge):
    row = msgspec.structs.replace(rows()[0], counts_against=word)
    failure = Classifier([row]).classify(row.provider, signal_of(row), Progress.SENT)
    assert failure.charge is charge


def test_a_classifier_without_rows_still_answers():
    failure = Classifier([]).classify("openai", Signal(Surface.HTTP, status=503), Progress.SENT)
    assert failure.kind == "default.http.5xx"


def test_the_order_of_everybodys_rows_in_the_file_does_not_matter():
    backwards = Classifier(
        [*(r for r in rows() if r.provider == "*"), *(r for r in rows() if r.provider != "*")]
    )
    for row in rows():
        assert backwards.classify(row.provider, signal_of(row), Progress.SENT).kind == row.id
