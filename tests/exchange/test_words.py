"""What the gateway says in its own name."""

import msgspec

from tests.routing.world import failure
from understudy.chat.errors import InvalidRequest
from understudy.chat.failure import Failure, Fault, Progress, Quota, Scope
from understudy.exchange import words
from understudy.journal.entry import AttemptEntry
from understudy.routing.allowance import Limit, Over
from understudy.routing.steps import NoTarget


def attempt(target: str, status: int, outcome: str = "x") -> AttemptEntry:
    return AttemptEntry(1, target, 0.0, 1.0, outcome, status=status)


def test_a_mistake_keeps_its_path_and_status() -> None:
    told = words.invalid(InvalidRequest("messages[0].role", "expected a role, found 7"))
    assert told.status == 400
    assert told.message == "messages[0].role: expected a role, found 7"
    assert told.fault is Fault.CLIENT


def test_an_unknown_model_comes_with_names_like_it() -> None:
    told = words.unknown_model("asistant", ["assistant"])
    assert told.status == 404
    assert "did you mean 'assistant'" in told.message


def test_nobody_capable_is_the_callers_trouble_and_nobody_up_is_ours() -> None:
    never = words.nobody(NoTarget({"a": "no tools"}, fault_is_callers=True))
    assert (never.status, never.fault) == (400, Fault.CLIENT)
    assert "a: no tools" in never.message
    small = NoTarget({"a": "no room"}, fault_is_callers=True, is_too_long=True)
    assert (words.nobody(small).is_too_long, never.is_too_long) == (True, False)
    now = words.nobody(NoTarget({"a": "down"}, fault_is_callers=False, retry_after=3.0))
    assert (now.status, now.retry_after) == (503, 3.0)


def test_quota_that_is_used_up_everywhere_is_429_before_anybody_is_asked() -> None:
    spent = NoTarget({"a": "rests"}, fault_is_callers=False, retry_after=3.0, is_spent=True)
    told = words.nobody(spent)
    assert (told.status, told.code, told.retry_after) == (429, "rate_limit_exceeded", 3.0)
    assert "every target is out of quota now (a: rests); try again in 3 s" in told.message


def test_a_callers_mistake_passes_as_it_is() -> None:
    told = Failure("k", Fault.CLIENT, "request", Scope.NONE, Progress.SENT, "m", status=400)
    assert words.public(told, [], None) is told


def test_trouble_with_our_credentials_is_a_bad_gateway() -> None:
    told = words.public(failure(kind="openai.401", status=401), [attempt("a", 401)], None)
    assert told.status == 502
    assert told.code == "upstream_failed"


def test_quota_everywhere_is_429_and_silence_504() -> None:
    limited = failure(kind="any.http.429", status=429)
    tried = [attempt("a", 429), attempt("b", 429)]
    assert words.public(limited, tried, 5.0).status == 429
    assert words.public(limited, tried, 5.0).retry_after == 5.0
    slow = failure(kind="any.transport.ttfb_timeout", status=None)
    assert words.public(slow, [attempt("a", 200)], None).status == 504


def test_who_is_too_busy_to_say_when_is_worth_another_try_soon() -> None:
    busy = failure(kind="any.http.502_503_504", status=503)
    assert words.public(busy, [attempt("a", 503)], None).retry_after == words.SOON
    told = failure(status=503, retry_after=20.0)
    assert words.public(told, [attempt("a", 503)], None).retry_after == 20.0
    broken = failure(kind="any.http.500", status=500)
    assert words.public(broken, [attempt("a", 500)], None).retry_after is None


def test_all_attempts_are_named() -> None:
    tried = [attempt("a", 500, "any.http.500"), attempt("b", 503, "any.http.502_503_504")]
    told = words.public(failure(status=503), tried, None)
    assert told.message.startswith("2 of 2 attempts failed")
    assert "a: any.http.500" in told.message


def test_a_message_ends_with_what_to_do_whatever_its_length() -> None:
    tried = [attempt("a", 503)]
    busy = msgspec.structs.replace(failure(status=503), message="m." * 5000)
    told = words.public(busy, tried, 3.2).message
    assert len(told) <= words.MAX_MESSAGE
    assert told.endswith("; try again in 4 s, or give this route another target")
    key = failure(charge=Scope.KEY, status=401, permanence="until_human")
    assert "its key for that provider" in words.public(key, tried, None).message


def test_who_says_that_it_took_too_long_is_believed() -> None:
    for status in (408, 504):
        late = failure(status=status, kind="any.http.x")
        assert words.public(late, [attempt("a", status)], None).status == 504


def test_whoever_is_refused_hears_what_to_do() -> None:
    now = words.nobody(NoTarget({"a": "down"}, fault_is_callers=False, retry_after=2.2)).message
    assert now == (
        "no target is available now (a: down); try again in 3 s, or give this route another target"
    )
    later = words.nobody(NoTarget({"a": "held back"}, fault_is_callers=False)).message
    assert "; try again later, or" in later
    never = words.nobody(NoTarget({"a": "no tools"}, fault_is_callers=True)).message
    assert never.endswith("; ask for less, or give this route a target that can")
    assert words.lossy(["a: seed"]).message.endswith("a target that takes it")
    assert words.too_late().message.endswith("send their bytes in the request")
    assert words.other_operation("r", "chat", "rerank").message.endswith("that serves rerank")


def test_who_is_over_a_limit_hears_which_how_much_and_when_to_come_again() -> None:
    told = words.over_limit(Over(Limit.REQUESTS, 60, 59.7, 0.7), "us-1", wall=1000.0)
    assert told.message == (
        "this key is over its limit requests_per_minute: 60 of 60 used; come again in 1 s"
    )
    assert (told.status, told.code, told.type) == (429, "rate_limit_exceeded", "requests")
    assert (told.fault, told.charge, told.retry_after) == (Fault.CLIENT, Scope.NONE, 1.0)
    assert told.quota == Quota("requests", 60, 0, 1.0, 1001.0)
    assert (told.kind, told.request_id) == ("gateway.caller_limit.requests_per_minute", "us-1")


def test_money_that_is_spent_is_no_matter_of_a_minute() -> None:
    told = words.over_limit(Over(Limit.USD_A_DAY, 20.0, 20.123456789, 3599.2), "us-1", wall=0.0)
    assert "usd_per_day: 20.1235 of 20 used; come again in 3600 s" in told.message
    assert (told.code, told.type, told.quota) == ("insufficient_quota", "insufficient_quota", None)
    tokens = words.over_limit(Over(Limit.TOKENS_A_DAY, 2e6, 2_100_000, 9.0), "us-1", wall=0.0)
    assert "2,100,000 of 2,000,000 used" in tokens.message
    assert (tokens.code, tokens.type, tokens.quota) == ("rate_limit_exceeded", "tokens", None)
