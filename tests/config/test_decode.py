"""Mistakes of form: each is found, in its place, with what was found and what was expected."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.config.world import CANARY, TWO, refuse

from understudy.config import schema
from understudy.config.decode import Decoder, join
from understudy.config.secret import show


@pytest.mark.parametrize(
    ("text", "path", "found", "expected", "hint"),
    [
        ("[sever]", "sever", "unknown key", "defaults, journal, keys", '"server"'),
        ("[server]\nlsten = 1", "server.lsten", 'unknown key "lsten"', "admin, admin_", '"listen"'),
        ("[server]\nlisten = 8080", "server.listen", "8080", "host:port", "127.0.0.1:8080"),
        ('[server]\nlisten = "127.0.0.1"', "server.listen", "127.0.0.1", "host:port", "both"),
        ('[server]\nlisten = "::1:80"', "server.listen", "::1:80", "host:port", "brackets"),
        ('[server]\nlisten = "h:66000"', "server.listen", 'port "66000"', "0 to 65535", ""),
        ('[server]\nlisten = "h:http"', "server.listen", 'port "http"', "0 to 65535", ""),
        ("[server]\ndrain = 0", "server.drain", "0", "above zero", ""),
        ('[server]\ndrain = "5 weeks"', "server.drain", '"5 weeks"', "ms", ""),
        (f"[server]\ndrain = {10**400}", "server.drain", "64 bits", "a time", ""),
        (f"[server]\nmax_connections = {2**63}", "server.max_connections", "64 bits", "from 1", ""),
        ("[server]\ndrain = true", "server.drain", "true", "above zero", ""),
        ('[server]\nmax_body_bytes = "1 XB"', "server.max_body_bytes", "1 XB", "MiB", ""),
        ("[server]\nmax_connections = 0", "server.max_connections", "0", "from 1", ""),
        ('[server]\nlog_format = "jso"', "server.log_format", "jso", '"text" or "json"', "json"),
        ("server = 3", "server", "3", "a table", ""),
        ('[journal]\nenabled = "yes"', "journal.enabled", "yes", "true or false", ""),
        ('[journal]\nredact = ["a", "("]', "journal.redact[1]", '"("', "regular", "compile"),
        ('[journal]\nredact = "a"', "journal.redact", '"a"', "an array", ""),
        ("[routes.a]\ndeadline = -1", "routes.a.deadline", "-1", "above zero", ""),
        ("[routes.a]\nretries = 1", "routes.a.retries", "retries", "on_break", '"max_attempts"'),
        ("[routes.a]\nmax_attempts = 1.5", "routes.a.max_attempts", "1.5", "a whole number", ""),
        ('[routes.a]\non_break = "resum"', "routes.a.on_break", "resum", '"resume"', "resume"),
        ("[routes.a]\ntargets = [3]", "routes.a.targets[0]", "3", "a text or a table", ""),
        ("[routes.a]\ntargets = [{weight = 1}]", "routes.a.targets[0]", "no `target`", "", ""),
        ('[defaults]\ntargets = ["a/b"]', "defaults.targets", "unknown key", "deadline", ""),
        (
            '[routes.a]\ntargets = [{target = "a/b", weight = 0}]',
            "routes.a.targets[0].weight", "0", "above 0", "",
        ),
        (
            "[routes.a.policy]\nrequire = {region = 3}",
            "routes.a.policy.require.region", "3", "a text or an array", "",
        ),
        (
            '[providers.x.models."m-1.5"]\ncapabilities = ["tool"]',
            'providers.x.models."m-1.5".capabilities[0]', '"tool"', "vision", '"tools"',
        ),
        ("[providers.x]\nquota_pool = 3", "providers.x.quota_pool", "quota", "", '"account"'),
        ('[providers.x]\nbase_url = "a.x"', "providers.x.base_url", "a.x", "http", "starts"),
        ('[providers.x]\nbase_url = "https://"', "providers.x.base_url", "https", "URL", "host"),
        ('[providers.x]\nbase_url = "http://a:b/"', "providers.x.base_url", "http", "URL", "port"),
        ('[providers.x]\nbase_url = "http://a b/"', "providers.x.base_url", "a b", "URL", "spaces"),
        ('[providers.x]\nbase_url = "http://a/?k=1"', "providers.x.base_url", "k=1", "query", ""),
    ],
)  # fmt: skip
def test_each_mistake_has_its_place_and_its_words(text, path, found, expected, hint):
    problem = next(each for each in refuse(text) if each.path == path)
    assert found in problem.found
    assert expected in problem.expected
    assert hint in problem.hint


def test_all_mistakes_are_told_at_once_each_with_its_line():
    problems = refuse(
        TWO + "[server]\nlisten = 1\nfoo = 2\n[routes.b]\ntargets = []\ndeadline = 0\n"
    )
    lines = {problem.path: problem.line for problem in problems}
    assert lines == {"server.foo": 12, "server.listen": 11, "routes.b.deadline": 15}


def test_paths_quote_what_toml_quotes():
    assert join("a", "b-1") == "a.b-1"
    assert join("a", 'b.c"') == 'a."b.c\\""'
    assert join("", "a") == "a"


FIELDS = sorted(
    {
        field.name
        for table in vars(schema).values()
        if isinstance(table, type) and issubclass(table, msgspec.Struct)
        for field in msgspec.structs.fields(table)
    }
)
TEXTS = st.sampled_from([CANARY, "", "a/b", "env:A", "60s", "127.0.0.1:1", f"Bearer {CANARY}"])
PLAIN = st.one_of(TEXTS, st.integers(), st.floats(), st.booleans(), st.dates())
NAMES = st.one_of(st.sampled_from(FIELDS), TEXTS)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(schema.FileTable.__struct_fields__), VALUES))
def test_any_document_is_read_or_told_apart_and_no_message_shows_a_key(document):
    decoder = Decoder(schema.SHORTHAND, {})
    tables = decoder.decode(document, schema.FileTable)
    assert (tables is None) == bool(decoder.problems)
    for problem in decoder.problems:
        assert problem.found
        assert CANARY not in repr(problem)


@given(st.text())
def test_whatever_is_shown_is_short_and_on_one_line(text):
    assert len(show(text)) < 600
    assert "\n" not in show(text)
