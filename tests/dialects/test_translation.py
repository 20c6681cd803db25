"""Every recorded chat in every other dialect: what is heard of it, and what is asked for it."""

import re
from collections import Counter

import pytest
from tests.dialects.recordings import require
from tests.dialects.tongues.all import TONGUES
from tests.dialects.translation import WAYS, asked, heard

pytestmark = pytest.mark.recordings


@pytest.mark.timeout(120)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize(("source", "target"), WAYS, ids=["_to_".join(way) for way in WAYS])
def test_the_official_client_hears_the_same(source, target, stream):
    require(TONGUES[source].chats, f"{source} to {target}")
    counts: Counter[str] = Counter()
    for outcome in heard(source, target, stream=stream):
        for each in outcome.differences:
            assert each.is_declared, each
            counts[f"declared: {each.what}"] += 1
        counts["answers"] += 1
    assert counts["answers"]
    print(dict(counts))  # noqa: T201 - the count is the point


@pytest.mark.timeout(60)
@pytest.mark.parametrize("able", [True, False], ids=["able", "unable"])
@pytest.mark.parametrize(("source", "target"), WAYS, ids=["_to_".join(way) for way in WAYS])
def test_every_request_is_asked_minus_what_is_declared(source, target, able):
    require(TONGUES[source].chats, f"requests of {source} written as {target}")
    counts: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    for outcome in asked(source, target, able=able):
        for each in outcome.differences:
            assert each.is_declared, each
        counts["with losses" if outcome.losses else "exact"] += 1
        tokens.update(re.sub(r"\d+", "", loss.token) for loss in outcome.losses)
    print(dict(counts), tokens.most_common(12))  # noqa: T201 - the count is the point
