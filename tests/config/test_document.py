"""What is not TOML, or no file, is refused with the line where it goes wrong."""

import pytest
from tests.config.world import CANARY, only, refuse

from understudy.config.document import LARGEST_FILE, read_document
from understudy.config.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("a = \n", 1, "invalid value"),
        ("[x]\n[x]\n", 2, "cannot declare"),
        ("a = 1\na = 2\n", 2, "cannot overwrite"),
        ("\n\nx = [1,\n", 4, "invalid value"),
        ("x = " + "[" * 100_000, None, "nested too deeply"),
        ("x = " + "1" * 5000, None, "a number that is too long"),
    ],
)
def test_what_is_not_toml_is_refused_with_its_line(text, line, found):
    problem = only(refuse(text))
    assert problem.line == line or line is None
    assert found in problem.found


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.mkdir(), "is a directory"),
        (lambda path: path.write_bytes(b"#" * (LARGEST_FILE + 1)), "more than"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path, make, found):
    path = tmp_path / "c.toml"
    make(path)
    with pytest.raises(ConfigError, match=found) as caught:
        read_document(path)
    assert str(path) in str(caught.value)


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path):
    path = tmp_path / "c.toml"
    path.write_bytes(f"a = 1\n# {CANARY}\n# ".encode() + b"\xff\xfe")
    with pytest.raises(ConfigError, match="line 3") as caught:
        read_document(path)
    assert CANARY not in str(caught.value)
    assert "not UTF-8" in only(list(caught.value.problems)).found


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    path = tmp_path / "c.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\n")
    assert read_document(path).text == "a = 1\n"
