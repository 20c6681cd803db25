"""What a reviewer would count: sizes, docstrings, twins, mutable globals, vendor names."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "understudy"
MODULES = sorted(SOURCE.rglob("*.py"))
EVERYTHING = [
    *MODULES,
    *sorted((ROOT / "tests").rglob("*.py")),
    *sorted((ROOT / "bench").rglob("*.py")),
    *sorted((ROOT / "fuzz").rglob("*.py")),
    *sorted((ROOT / "prove").rglob("*.py")),
]
FUNCTION_LINES = 60
FILE_LINES = 400

VENDORS = re.compile(
    r"openai|anthropic|azure|mistral|groq|deepseek|together|openrouter|ollama|vllm|llama|gemini"
    r"|bedrock|vertex|cohere|\bxai\b",
    re.IGNORECASE,
)
MAY_NAME_VENDORS = ("dialects", "providers", "config", "cli")

TOO_LONG: frozenset[str] = frozenset()
"""Files over the limit. This list may only shrink."""

NO_TWIN: frozenset[str] = frozenset(
    {
        # Values and protocols without behaviour of their own.
        "chat/endpoint.py",
        "chat/errors.py",
        "chat/events.py",
        "chat/failure.py",
        "chat/loss.py",
        "chat/parts.py",
        "chat/request.py",
        "chat/usage.py",
        "dialects/base.py",
        "dialects/course.py",
        "dialects/memory.py",
        "exchange/asked.py",
        "exchange/messages.py",
        "exchange/services.py",
        "journal/entry.py",
        "operations/audio.py",
        "operations/kinds.py",
        "operations/moderation.py",
        "operations/rerank.py",
        "operations/units.py",
        "routing/steps.py",
        "routing/topology.py",
        "routing/verdict.py",
        "shell/bounds.py",
        "wire/errors.py",
    }
)


@pytest.mark.timeout(60)
def test_a_file_is_short_and_says_what_it_knows() -> None:
    assert list(each_untidy(EVERYTHING, long_or_silent)) == []


def test_a_module_has_no_mutable_state() -> None:
    assert list(each_untidy(MODULES, mutable_state)) == []


def test_no_vendor_is_named_where_decisions_are_made() -> None:
    deciding = [
        path for path in MODULES if path.relative_to(SOURCE).parts[0] not in MAY_NAME_VENDORS
    ]
    assert len(deciding) > 100
    assert list(each_untidy(deciding, vendors)) == []


def each_untidy(paths: list[Path], look: Callable[[Path, str, ast.Module], Iterator[str]]):
    """What is found in each of many files; one test each would take longer than the looking."""
    for path in paths:
        text = path.read_text()
        for found in look(path, text, ast.parse(text)):
            yield f"{path.relative_to(ROOT)}: {found}"


def long_or_silent(path: Path, text: str, tree: ast.Module) -> Iterator[str]:
    if text.strip() and ROOT / "tests" not in path.parents and not ast.get_docstring(tree):
        yield "a module begins with one line saying what it knows"
    lines = text.count("\n")
    if str(path.relative_to(ROOT)) not in TOO_LONG and lines > FILE_LINES:
        yield f"has {lines} lines, may have {FILE_LINES}"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES:
                yield f"{node.name} has {length} lines, may have {FUNCTION_LINES}"


def mutable_state(path: Path, text: str, tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        value = getattr(node, "value", None)
        target = getattr(node, "target", None) or (getattr(node, "targets", None) or [None])[0]
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not isinstance(target, ast.Name):
            continue
        is_constant = target.id.lstrip("_").isupper() or target.id == "__all__"
        if isinstance(value, ast.List | ast.Dict | ast.Set) and not is_constant:
            yield f"{target.id} is mutable and no constant"


def vendors(path: Path, text: str, tree: ast.Module) -> Iterator[str]:
    docs = {id(node) for node in docstrings(tree)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(said)) if id(node) not in docs and VENDORS.search(said):
                yield f"line {node.lineno}: {said!r}"
            case ast.Name(id=name) if VENDORS.search(name):
                yield f"line {node.lineno}: {name}"


def test_every_module_has_its_twin() -> None:
    missing = []
    for path in MODULES:
        inside = path.relative_to(SOURCE)
        twin = ROOT / "tests" / inside.parent / f"test_{inside.name}"
        if inside.name.startswith("__") or inside.name == "schema.py" or twin.exists():
            continue
        if str(inside) not in NO_TWIN:
            missing.append(str(inside))
    assert not missing


def docstrings(tree: ast.Module) -> Iterator[ast.AST]:
    """All strings that stand alone: docstrings of modules, classes, functions and fields."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
