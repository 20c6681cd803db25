"""One keeper for each login; a login that stays keeps what was fetched for it."""

import subprocess
import sys
import time

import pytest
from tests.shell.credentials.cloud import no_aws
from tests.shell.credentials.loops import on_a_loop, until

from understudy.config.login import Login
from understudy.exchange.services import Concealer
from understudy.shell.credentials.fetched import Unfetched
from understudy.shell.credentials.keepers import Keepers, fetch

HERE = Login("aws", service="bedrock", region="eu-west-1")
THERE = Login("aws", service="bedrock", region="us-east-1")


@pytest.fixture(autouse=True)
def _keys(monkeypatch):
    no_aws(monkeypatch)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-environment")


def keepers(concealer: Concealer, renewed: list[str]) -> Keepers:
    return Keepers(concealer, renewed.append, time.time)


@on_a_loop
async def test_it_fetches_for_each_and_tells_what_to_conceal():
    concealer = Concealer()
    renewed: list[str] = []
    many = keepers(concealer, renewed)
    settled = [many.is_settled]
    many.adopt({"a": HERE, "b": THERE})
    settled.append(many.is_settled)
    await until(lambda: sorted(renewed) == ["a", "b"])
    assert [*settled, many.is_settled] == [True, False, True]
    assert [each["state"] for each in many.status()] == ["good", "good"]
    assert concealer.body(b"said secret-of-the-environment") == b"said [redacted]"
    assert many.of("c") is None
    many.close()


@on_a_loop
async def test_a_reload_keeps_what_stays_and_drops_what_went():
    many = keepers(Concealer(), [])
    many.adopt({"a": HERE, "b": HERE})
    first, second = many.of("a"), many.of("b")
    assert first is not None
    await until(lambda: first.fetches == 1)
    many.adopt({"a": HERE, "b": THERE})
    assert many.of("a") is first
    assert first.left() > 0.0
    await until(lambda: first.fetches == 2)
    assert many.of("b") is not second
    assert second is not None
    assert second._is_closed
    many.adopt({})
    assert (many.of("a"), many.status()) == (None, [])
    many.close()


@pytest.mark.parametrize("scheme", ["aws", "entra", "google"])
def test_a_library_that_went_missing_is_named(scheme, monkeypatch):
    module = f"understudy.shell.credentials.{scheme}"
    monkeypatch.delattr(sys.modules["understudy.shell.credentials"], scheme, raising=False)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(Unfetched, match="not installed"):
        fetch(Login(scheme, scope="s"))


def test_a_gateway_without_logins_loads_none_of_the_libraries():
    program = (
        "import sys, understudy.shell.runner, understudy.cli.logins\n"
        "print([n for n in sys.modules if n in ('botocore', 'azure', 'google', 'requests')])"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert run.stdout.strip() == "[]", run.stderr
