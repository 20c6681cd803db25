"""A drill with a real gateway process, real sockets, and a provider that really fails."""

import asyncio

import pytest
from tests.drills.small import TEXT, scenario

from understudy.cli.drill_real import play

SHORT = TEXT.replace("calm = 1", "calm = 0.03").replace("end = 2", "end = 0.1")


@pytest.mark.timeout(60)
def test_the_gateway_answers_while_a_provider_is_down():
    found = asyncio.run(play(scenario(SHORT), seed=0, warm_up=2.0))
    assert len(found.requests) > 20
    assert all(request.complete and request.exact for request in found.requests)
    before = {request.target for request in found.between(None, -0.5)}
    assert before == {"a/m"}
    assert any(request.target == "b/m" for request in found.between(0.0, 6.0))
    assert any(each.failed for request in found.requests for each in request.tries)
    assert {shut.name for look in found.looks for shut in look.shut} == {"a"}


@pytest.mark.timeout(60)
def test_an_operator_and_a_network_that_is_gone():
    drained = '[[actions]]\nat = 0\ndo = "drain"\ndomain = "host:a"\n\n[[checks]]'
    text = SHORT.replace('fault = "status(503)"', 'network = "dns_failure"')
    text = text.replace('where = { host = "a" }\nnet', 'where = { host = "b" }\nnet')
    found = asyncio.run(play(scenario(text.replace("[[checks]]", drained, 1)), 0, warm_up=2.0))
    assert all(request.complete for request in found.requests)
    asked = {request.tries[0].target for request in found.between(0.0, 5.0)}
    assert "b/m" in asked  # led to b by the operator, and b cannot be reached
    assert {request.target for request in found.between(1.0, 5.0)} <= {"a/m", "a/m#2"}
