"""A key and its hash: what is printed can be put into the file as it is."""

import hashlib
import json
import tomllib

from click.testing import CliRunner

from understudy.cli.keygen import keygen


def run(*arguments: str) -> str:
    result = CliRunner().invoke(keygen, list(arguments))
    assert result.exit_code == 0
    return result.output


def test_the_key_is_long_new_each_time_and_matches_its_hash():
    first, second = (json.loads(run("shop", "--json")) for _ in range(2))
    assert first["key"] != second["key"]
    assert len(first["key"]) > 40
    assert first["hash"] == "sha256:" + hashlib.sha256(first["key"].encode()).hexdigest()


def test_what_is_printed_after_the_key_is_toml():
    for name in ("shop", "the shop", 'a"b'):
        key, _, table = run(name).partition("\n\n")
        digest = hashlib.sha256(key.encode()).hexdigest()
        assert tomllib.loads(table) == {"keys": {name: {"hash": f"sha256:{digest}"}}}
