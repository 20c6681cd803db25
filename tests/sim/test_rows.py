"""Rows: a simulated failure selects exactly the row of the taxonomy that it was made from."""

import pytest
from tests.sim.hearing import ANTHROPIC, OPENAI, TAXONOMY, asked, classified, signal

from understudy.sim import faults as fault
from understudy.sim.fault_text import FaultError, parse_faults
from understudy.sim.rows import effect_of, resolve

STREAM = asked("hello [tokens=20]", stream=True)
SPEAKERS = {
    "openai": OPENAI,
    "azure_openai": OPENAI,
    "anthropic": ANTHROPIC,
    "vllm": OPENAI,
    "openrouter": OPENAI,
    "groq": OPENAI,
}
PROVIDERS = {row.id: row.provider for row in TAXONOMY.rows}
HTTP = [
    row.id for row in TAXONOMY.rows if row.provider in SPEAKERS and row.example.status is not None
]


@pytest.mark.parametrize("row", HTTP)
def test_an_http_row_is_seen_as_itself(row):
    provider = PROVIDERS[row]
    seen = signal(SPEAKERS[provider], STREAM, f"row({row})")
    assert seen is not None
    assert classified(provider, seen).kind == row


@pytest.mark.parametrize(
    "row",
    [
        "openai.stream.chat_error_chunk",
        "anthropic.stream.overloaded",
        "anthropic.stream.rate_limit",
        "anthropic.stream.error",
        "vllm.stream.error_data",
        "openrouter.stream.finish_error",
    ],
)
def test_a_row_inside_a_stream_is_seen_as_itself(row):
    provider = PROVIDERS[row]
    seen = signal(SPEAKERS[provider], STREAM, f"row({row})")
    assert seen is not None
    assert classified(provider, seen).kind == row


def test_a_row_is_found_or_refused_for_every_id():
    refused = []
    for row in TAXONOMY.rows:
        try:
            assert not isinstance(effect_of(fault.RowOf(row.id), TAXONOMY), fault.RowOf)
        except FaultError as error:
            refused.append(str(error))
    assert all("no provider's doing" in reason for reason in refused)
    assert len(refused) < 35


def test_other_faults_stay_as_they_are():
    faults = parse_faults("hang(p=0.5)+row(anthropic.529, retry_after=3)")
    hang, page = resolve(faults, TAXONOMY)
    assert hang == faults[0]
    assert isinstance(page.effect, fault.Page)
    assert page.effect.headers["retry-after"] == "3"


@pytest.mark.parametrize("row", ["reset_mid_stream", "idle_mid_stream", "protocol_error"])
def test_a_row_that_breaks_off_does_so_where_it_is_told(row):
    told = effect_of(fault.RowOf(f"any.transport.{row}", after=7), TAXONOMY)
    usual = effect_of(fault.RowOf(f"any.transport.{row}"), TAXONOMY)
    assert (getattr(told, "after"), getattr(usual, "after")) == (7, 2)  # noqa: B009 - of three kinds


def test_an_unknown_row_is_named_with_the_nearest():
    with pytest.raises(
        FaultError, match=r"no row 'openai\.429\.rpn', did you mean 'openai\.429\.rpm'"
    ):
        effect_of(fault.RowOf("openai.429.rpn"), TAXONOMY)
