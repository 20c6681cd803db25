"""What all exchanges share: our own credentials are struck out of what providers say."""

from understudy.chat.failure import Signal, Surface
from understudy.exchange.services import CONCEALED, Concealer


def signal(message: str) -> Signal:
    return Signal(Surface.HTTP, status=401, message=message)


def test_known_secrets_are_struck_out():
    concealer = Concealer()
    concealer.know(["sk-first", "plain words"])
    said = concealer.signal(signal("no key sk-first, nor plain words, here"))
    assert said == signal(f"no key {CONCEALED}, nor {CONCEALED}, here")
    assert concealer.body(b'{"a":"sk-first"}') == b'{"a":"[redacted]"}'


def test_a_secret_that_begins_with_another_leaves_nothing_behind():
    concealer = Concealer()
    concealer.know(["sk-first", "sk-first-and-more"])
    assert concealer.signal(signal("sk-first-and-more")).message == CONCEALED


def test_a_key_that_was_replaced_is_still_struck_out():
    concealer = Concealer()
    concealer.know(["the-old-key"])
    concealer.know(["the-new-key"])
    assert concealer.signal(signal("the-old-key the-new-key")).message == f"{CONCEALED} {CONCEALED}"


def test_what_is_of_no_use_to_anybody_is_forgotten():
    concealer = Concealer()
    concealer.know(["an-old-token", "the-new-token"])
    concealer.forget(["an-old-token", "never-known"])
    said = concealer.signal(signal("an-old-token the-new-token")).message
    assert said == f"an-old-token {CONCEALED}"


def test_the_rest_is_left_as_it_was():
    concealer = Concealer()
    clean = signal("nothing to hide")
    assert concealer.signal(clean) is clean
    concealer.know(["", "hide", "sk-first"])
    assert concealer.signal(clean) is clean
    assert concealer.body(b"nothing") == b"nothing"
