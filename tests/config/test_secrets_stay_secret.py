"""Wherever somebody pastes a key into the file, no message shows it."""

import msgspec
import pytest
from tests.config.world import CANARY, TWO, read, refuse

PLACES = [
    '[providers.openai]\nkey = "{}"',
    '[providers.openai]\nkeys = ["{}"]',
    '[providers.openai]\nkeys = [{{key = "{}"}}]',
    '[providers.openai]\nkey = "env:{}"',
    '[providers.openai]\nkey = "env: {}"',
    '[providers.openai]\nkey = "file:{}"',
    '[providers.openai]\nkey = "Bearer {}"',
    '[providers.openai]\nkey = ["{}"]',
    '[providers.openai]\napi_key = "{}"',
    '[providers.openai]\n"{}" = 1',
    '[providers.openai]\nbase_url = "{}"',
    '[providers.openai]\nbase_url = "https://user:{}@example.com"',
    '[providers.openai]\nbase_url = "https://example.com?key={}"',
    '[providers.openai]\nheaders = {{authorization = "Bearer {}"}}',
    '[providers.openai]\nheaders = {{x-custom = "{}"}}',
    '[providers.openai]\nheaders = {{"{} " = "a"}}',
    '[providers.openai]\nkind = "{}"',
    '[providers.openai]\ndialect = "{}"',
    '[providers.openai]\nauth = "{}"',
    '[providers.openai]\nverify_tls = "{}"',
    '[providers."{}"]\nbase_url = "http://x"',
    '[keys.app]\nkey = "{}"',
    '[keys.app]\nhash = "{}"',
    '[keys.app]\nhash = "sha256:{}"',
    '[keys.app]\nroutes = ["{}"]\nkey = "env:NOT_SET"',
    '[server]\nlisten = "{}"',
    '[server]\nlisten = "127.0.0.1:{}"',
    '[server]\nadmin = "{}"',
    '[server]\ndrain = "{}"',
    '[server]\nmax_body_bytes = "{}"',
    '[server]\nlog_format = "{}"',
    '[journal]\nmax_age = "{}"',
    '[journal]\nredact = ["({}"]',
    '[routes.a]\ntargets = ["{}"]',
    '[routes.a]\ntargets = ["openai/gpt", "{}/x"]',
    '[routes.a]\non_break = "{}"',
    '[routes.a]\n"{}" = 1',
    '[routes.a]\ntargets = ["x/y"]\ntimeouts = "{}"',
    'key = {}',
    '{}',
    '[{}',
    '"{}" = 1\n"{}" = 2',
    '["{}"]\n["{}"]',
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_pasted_key_is_never_shown(place):
    text = place.replace("{}", CANARY).replace("{{", "{").replace("}}", "}")
    assert CANARY in text
    assert refuse(text)  # asserts that the canary is nowhere


@pytest.mark.parametrize("value", [CANARY + "\n" + CANARY, CANARY + " x", CANARY + "é"])
def test_a_key_that_cannot_be_sent_is_refused_without_being_shown(value):
    problems = refuse(TWO, OPENAI_API_KEY=value)
    assert [problem.path for problem in problems] == ["providers.openai.key"]
    assert "env:OPENAI_API_KEY" in problems[0].found


def test_good_settings_do_not_show_their_keys():
    settings = read(TWO + '[keys.app]\nkey = "env:OPENAI_API_KEY"')
    assert CANARY not in repr(settings)
    assert CANARY not in repr(settings.credentials)
    with pytest.raises(TypeError):
        msgspec.json.encode(settings.credentials)
    assert CANARY not in msgspec.json.encode(settings.topology).decode()
    assert CANARY not in "".join(settings.warnings + settings.notes)
