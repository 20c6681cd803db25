"""docs/security.md names tests for each of 24 threats: all rows are there, and so are the tests."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"
ROW = re.compile(r"^\| T(\d+) \|(.*)\|$", re.MULTILINE)
NODE = re.compile(r"`(test_\w+\.py)::(test_\w+)`")


def rows() -> dict[int, str]:
    return {int(number): text for number, text in ROW.findall(PAGE.read_text())}


def functions_in(file: str) -> set[str]:
    tree = ast.parse((Path(__file__).parent / file).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_threat_has_its_row() -> None:
    assert sorted(rows()) == list(range(1, 25))
    assert len(ROW.findall(PAGE.read_text())) == 24


@pytest.mark.parametrize("number", range(1, 25))
def test_the_tests_that_it_names_exist(number: int) -> None:
    named = NODE.findall(rows()[number])
    assert named
    for file, test in named:
        assert test in functions_in(file), f"T{number}: {file}::{test}"


def test_every_file_of_tests_here_is_named() -> None:
    files = {path.name for path in Path(__file__).parent.glob("test_*.py")} - {"test_table.py"}
    assert files == {file for file, _ in NODE.findall(PAGE.read_text())}
