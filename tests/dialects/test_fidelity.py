"""The matrix of docs/fidelity.md says what the dialects do today."""

import pytest
from tests.dialects.features import ANSWERS, REQUESTS
from tests.dialects.fidelity import BEGIN, END, PAGE, SILENT, answer_cell, carried, request_cell
from tests.dialects.tongues.all import TONGUES


@pytest.mark.parametrize("target", TONGUES)
def test_nothing_is_dropped_in_silence(target: str) -> None:
    for name, request in REQUESTS.items():
        assert request_cell(request, target).mark != SILENT, name
    for name, events in ANSWERS.items():
        assert answer_cell(events, target).mark != SILENT, name


def test_the_page_is_up_to_date() -> None:
    found = PAGE.read_text().partition(BEGIN)[2].partition(END)[0].strip()
    assert found == carried().strip(), "run: python -m tests.dialects.fidelity"
