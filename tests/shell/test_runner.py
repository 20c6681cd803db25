"""The process's own pieces; the process as a whole is in tests/system."""

import socket

import pytest

from understudy.config.errors import ConfigError, Problem
from understudy.config.settings import Settings
from understudy.config.values import Address
from understudy.shell import runner


def test_an_address_that_is_taken_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(runner.CannotListen) as caught:
            runner._bound(Address("127.0.0.1", port), "listen")
    told = str(caught.value)
    assert f"127.0.0.1:{port}" in told
    assert "[server] listen" in told


def test_a_free_address_is_taken() -> None:
    with runner._bound(Address("127.0.0.1", 0), "admin") as bound:
        assert bound.getsockname()[1] > 0


def test_a_first_configuration_that_is_wrong_is_the_callers_to_tell() -> None:
    def load() -> Settings:
        raise ConfigError([Problem("server", "nonsense")])

    with pytest.raises(ConfigError):
        runner.run(load)
