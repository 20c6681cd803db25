"""A credential is there before it is asked for, renewed before it ends, and doubted once."""

import asyncio
import threading
import time
from email.utils import formatdate

import pytest
from tests.shell.credentials.loops import on_a_loop, until

from understudy.shell.credentials import keeper as module
from understudy.shell.credentials.fetched import Bearer, Fetched, Unfetched
from understudy.shell.credentials.keeper import Keeper
from understudy.wire.http import HttpRequest, ResponseHead

REQUEST = HttpRequest("POST", "/x", (), b"")
DENIED = ResponseHead(401, ())
LONG = 86_400.0


class Bank:
    """Gives what it was told to, in order, and the last for ever: a life in seconds, None for one
    without end, a text for a refusal. `gate` shut: nobody gets anything.
    """

    def __init__(self, *gives: float | str | None) -> None:
        self.gives = list(gives)
        self.given = 0
        self.gate = threading.Event()
        self.gate.set()
        self.threads: set[str] = set()
        self.known: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
        self.renewals = 0

    def fetch(self) -> Fetched:
        self.threads.add(threading.current_thread().name)
        self.gate.wait(10)
        give = self.gives.pop(0) if len(self.gives) > 1 else self.gives[0]
        if isinstance(give, str):
            raise Unfetched(give)
        self.given += 1
        token = f"token-{self.given}"
        signs = Bearer({"Authorization": f"Bearer {token}"})
        return Fetched(signs, (token,), None if give is None else time.time() + give, "the bank")

    def keeper(self) -> Keeper:
        return Keeper(
            "p", self.fetch, lambda *told: self.known.append(told), self.renewed, time.time
        )

    def renewed(self) -> None:
        self.renewals += 1


def shown(keeper: Keeper) -> bytes | None:
    return keeper.lines(REQUEST, "host")


async def fetched(keeper: Keeper, count: int) -> None:
    await until(lambda: keeper.fetches == count)


async def started(bank: Bank) -> Keeper:
    keeper = bank.keeper()
    keeper.start()
    await until(lambda: keeper.fetches or keeper.last_error)
    return keeper


@on_a_loop
async def test_it_is_fetched_beside_requests():
    bank = Bank(LONG)
    keeper = bank.keeper()
    assert shown(keeper) is None
    assert keeper.status()["state"] == "missing"
    keeper.start()
    await until(lambda: keeper.fetches)
    assert shown(keeper) == b"authorization: Bearer token-1\r\n"
    assert bank.threads == {"credential p"}
    assert bank.known == [(("token-1",), ())]
    status = keeper.status()
    assert (status["state"], status["whose"]) == ("good", "the bank")
    assert "token-1" not in str(status)
    keeper.close()


@on_a_loop
async def test_it_is_renewed_before_it_ends_and_nobody_waits():
    bank = Bank(2.0)
    keeper = await started(bank)
    seen = set()
    async with asyncio.timeout(15):
        while keeper.fetches < 4:
            lines = shown(keeper)
            assert lines is not None
            seen.add(lines)
            await asyncio.sleep(0.001)
    assert len(seen) >= 3
    keeper.close()


@on_a_loop
async def test_a_renewal_that_hangs_leaves_what_is_there():
    bank = Bank(3.0)
    keeper = await started(bank)
    bank.gate.clear()
    await until(lambda: keeper._is_flying)
    assert shown(keeper) is not None
    bank.gate.set()
    await until(lambda: keeper.fetches == 2)
    keeper.close()


@on_a_loop
async def test_secrets_are_known_before_they_are_used_and_gone_two_renewals_later(monkeypatch):
    monkeypatch.setattr(module, "TRUST", 0.0)
    bank = Bank(LONG)
    keeper = await started(bank)
    for count in (2, 3, 4):
        keeper.refused(DENIED)
        await fetched(keeper, count)
    assert bank.known == [
        (("token-1",), ()),
        (("token-2",), ()),
        (("token-3",), ("token-1",)),
        (("token-4",), ("token-2",)),
    ]
    keeper.close()


@on_a_loop
async def test_whoever_comes_before_the_first_waits_for_it():
    bank = Bank(LONG)
    bank.gate.clear()
    keeper = bank.keeper()
    keeper.start()
    told = asyncio.Event()
    left: list[int] = []
    keeper.wait(told.set)
    keeper.leave(keeper.wait(lambda: left.append(1)))
    bank.gate.set()
    async with asyncio.timeout(10):
        await told.wait()
    assert shown(keeper) is not None
    assert not left
    keeper.close()


@on_a_loop
async def test_a_wait_has_an_end(monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    bank = Bank(LONG)
    bank.gate.clear()
    keeper = bank.keeper()
    told = asyncio.Event()
    keeper.wait(told.set)
    async with asyncio.timeout(10):
        await told.wait()
    assert shown(keeper) is None
    assert keeper.why() == "no credential has come yet"
    bank.gate.set()
    await until(lambda: keeper.fetches)
    keeper.close()


@on_a_loop
async def test_after_a_failure_nobody_waits_and_it_is_tried_again(monkeypatch):
    monkeypatch.setattr(module, "FIRST_RETRY", 0.05)
    bank = Bank("no such\nrole sk-abcdef0123456789", "no", LONG)
    keeper = await started(bank)
    assert keeper.last_error == "no such role <secret>"
    assert keeper.status()["state"] == "failing"
    told = asyncio.Event()
    keeper.wait(told.set)
    async with asyncio.timeout(10):
        await told.wait()
    await fetched(keeper, 1)
    assert keeper.failures == 2
    assert keeper.why() == "no credential has come yet"
    assert bank.renewals == 1
    keeper.close()


@on_a_loop
async def test_a_refusal_leads_to_one_renewal():
    bank = Bank(LONG)
    keeper = await started(bank)
    bank.renewals = 0
    for _ in range(20):
        keeper.refused(DENIED)
    await until(lambda: keeper.fetches == 2)
    keeper.refused(DENIED)
    assert not keeper._is_flying
    assert bank.renewals == 1
    assert shown(keeper) == b"authorization: Bearer token-2\r\n"
    keeper.close()


@on_a_loop
async def test_a_renewal_that_fails_lets_nobody_back(monkeypatch):
    monkeypatch.setattr(module, "FIRST_RETRY", 0.05)
    bank = Bank(LONG, "revoked", LONG)
    keeper = await started(bank)
    bank.renewals = 0
    keeper.refused(DENIED)
    await until(lambda: keeper.failures == 1)
    assert bank.renewals == 0
    await until(lambda: keeper.fetches == 2)
    assert bank.renewals == 1
    keeper.close()


@on_a_loop
async def test_a_clock_that_is_off_is_put_right_instead():
    bank = Bank(LONG)
    keeper = await started(bank)
    seen: list[float] = []

    class Dated:
        def lines(self, request, authority, at):
            seen.append(at)
            return b"x"

    keeper._fetched = Fetched(Dated(), (), None, "")
    theirs = formatdate(time.time() + 3600, usegmt=True).encode()
    keeper.refused(ResponseHead(403, ((b"date", theirs),)))
    shown(keeper)
    assert seen[0] == pytest.approx(time.time() + 3600, abs=60)
    assert keeper.fetches == 1
    assert not keeper._is_flying
    assert bank.renewals == 2
    assert keeper.status()["clock_off_by"] == pytest.approx(3600, abs=60)
    keeper.close()


@pytest.mark.parametrize("date", [b"yesterday", b"", formatdate(0, usegmt=True).encode()])
@on_a_loop
async def test_a_date_that_nobody_can_believe_changes_no_clock(date):
    keeper = await started(Bank(LONG))
    keeper.refused(ResponseHead(403, ((b"date", date),)))
    await until(lambda: keeper.fetches == 2)
    assert keeper.skew == 0.0
    keeper.close()


@on_a_loop
async def test_what_has_ended_already_is_none():
    keeper = await started(Bank(-60.0))
    assert shown(keeper) is None
    assert "expired 60 s ago" in (keeper.last_error or "")
    keeper.close()


@on_a_loop
async def test_what_has_no_end_is_not_renewed_by_the_clock():
    keeper = await started(Bank(None))
    assert keeper._timer is not None
    assert keeper._timer.cancelled()
    assert keeper.status()["expires_in"] is None
    keeper.close()


@on_a_loop
async def test_a_bug_of_a_library_is_a_failure_with_its_name():
    bank = Bank(LONG)
    bank.gives = []
    keeper = await started(bank)
    assert keeper.last_error == "IndexError: list index out of range"
    keeper.close()


@on_a_loop
async def test_a_fetch_that_takes_too_long_fails_and_may_still_come(monkeypatch):
    monkeypatch.setattr(module, "FETCH_LIMIT", 0.02)
    bank = Bank(LONG)
    bank.gate.clear()
    keeper = bank.keeper()
    keeper.start()
    await until(lambda: keeper.last_error)
    assert "within 0.02 s" in (keeper.last_error or "")
    keeper._start()
    assert len([t for t in threading.enumerate() if t.name == "credential p"]) == 1
    bank.gate.set()
    await until(lambda: keeper.fetches == 1)
    assert keeper.last_error is None
    keeper.close()


@on_a_loop
async def test_what_comes_after_the_end_is_dropped():
    bank = Bank(LONG)
    bank.gate.clear()
    keeper = bank.keeper()
    keeper.start()
    keeper.close()
    bank.gate.set()
    assert keeper._thread is not None
    await asyncio.to_thread(keeper._thread.join)
    await asyncio.sleep(0.01)
    assert shown(keeper) is None
