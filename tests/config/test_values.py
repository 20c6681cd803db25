"""Single values: what is read, and what is refused."""

import pytest

from understudy.config.errors import Unfit
from understudy.config.values import (
    Address,
    Admin,
    BaseUrl,
    ByteCount,
    DigestText,
    NeutralPath,
    Pattern,
    Seconds,
    SecretSource,
)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(60, 60), (0.5, 0.5), ("60", 60), ("500ms", 0.5), ("1.5 m", 90), ("2h", 7200), ("1d", 86_400)],
)
def test_times(value, seconds):
    assert Seconds.parse(value) == seconds


@pytest.mark.parametrize(
    "value", [0, -1, True, "", "s", "-5s", "5 w", "1e3", None, [], float("inf"), float("nan")]
)
def test_what_is_no_time_above_zero(value):
    with pytest.raises(Unfit, match="above zero"):
        Seconds.parse(value)


@pytest.mark.parametrize(
    ("value", "size"),
    [(1, 1), ("12", 12), ("1 KiB", 1024), ("32MiB", 2**25), ("1.5 GiB", 3 * 2**29), ("1 kB", 1000)],
)
def test_sizes(value, size):
    assert ByteCount.parse(value) == size


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "0", "0.2", "x", "1 TiB", None, "9" * 400])
def test_what_is_no_size_above_zero(value):
    with pytest.raises(Unfit, match="above zero"):
        ByteCount.parse(value)


def test_addresses_are_read_and_written_alike():
    for text in ("127.0.0.1:0", "[::1]:8080", "gateway.example:65535"):
        assert str(Address.parse(text)) == text
    assert Admin.parse("off") == Admin(None)
    assert str(Admin.parse("off")) == "off"
    assert str(Admin.parse("127.0.0.1:1")) == "127.0.0.1:1"


@pytest.mark.parametrize("value", ["a", ":1", "a:", "a:-1", "a:65536", "a:٣", "::1:1", 80, None])
def test_what_is_no_address(value):
    with pytest.raises(Unfit):
        Address.parse(value)


@pytest.mark.parametrize(
    ("text", "authority", "path", "whole"),
    [
        ("https://a.example", "a.example", "", "https://a.example"),
        ("https://a.example:443/v1/", "a.example", "/v1", "https://a.example/v1/"),
        ("http://[::1]:80/x", "[::1]", "/x", "http://[::1]/x"),
        ("HTTP://A.example:8080", "a.example:8080", "", "http://a.example:8080"),
    ],
)
def test_urls(text, authority, path, whole):
    url = BaseUrl.parse(text)
    assert (url.origin.authority, url.path, url.text) == (authority, path, whole)


@pytest.mark.parametrize(
    "value",
    ["", "a.example", "ftp://a", "https://", "https:///v1", "http://a:99999", "http://a:x",
     "http://a?b", "http://a#b", "http://a/ b", "http://a/\nb", "http://a_b@c", "http://[::1",
     "http://[1]", "http://ä.example", 3, None],
)  # fmt: skip
def test_what_is_no_url(value):
    with pytest.raises(Unfit):
        BaseUrl.parse(value)


def test_only_sources_of_secrets_are_read():
    assert SecretSource.parse("env:A_1") == SecretSource("env", "A_1")
    assert SecretSource.parse("file:/a b") == SecretSource("file", "/a b")
    for value in ("", "env:", "file:", "env:a b", "env:1", "vault:a", "sk-secret", 3, None):
        with pytest.raises(Unfit) as caught:
            SecretSource.parse(value)
        assert "sk-secret" not in str(caught.value)


def test_digests_and_patterns():
    assert DigestText.parse("sha256:" + "0A" * 32).digest == b"\x0a" * 32
    for digest in ("sha256:00", "md5:" + "00" * 32, "0" * 64, None):
        with pytest.raises(Unfit, match="64 hexadecimal"):
            DigestText.parse(digest)
    assert Pattern.parse("a+").text == "a+"
    for pattern in ("", "(", 3):
        with pytest.raises(Unfit, match="regular expression"):
            Pattern.parse(pattern)


def test_paths_of_parameters_are_checked_where_they_can_be():
    for text in ("sampling.top_k", "reasoning.effort", "stop", "store", "extensions.x.y"):
        assert NeutralPath.parse(text).text == text
    with pytest.raises(Unfit) as caught:
        NeutralPath.parse("sampling.temprature")
    assert caught.value.hint == 'did you mean "sampling.temperature"?'
    for value in ("", 3, "reasoning.x"):
        with pytest.raises(Unfit):
            NeutralPath.parse(value)
