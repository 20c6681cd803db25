"""T1, malicious dependencies, and T4, commands and templates: what runs, and what never may."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.every import every
from tests.shell.gateway import gateway, request
from tests.shell.test_plane import ANSWER, body_of, good, run, status_of

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "understudy"
MODULES = sorted(SOURCE.rglob("*.py"))
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))

RUNS_CODE = {"distutils-precedence.pth": "setuptools", "a1_coverage.pth": "coverage"}
"""Files that run at each start of Python, by who brings them: tools of developers."""

NO_NETWORK = """
import sys
FORBIDDEN = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto",
             "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork")
def look(event, args):
    if event in FORBIDDEN:
        print("found", event, args, flush=True)
        raise RuntimeError(event)
sys.addaudithook(look)
import importlib, pkgutil, understudy
names = [each.name for each in pkgutil.walk_packages(understudy.__path__, "understudy.")]
# What clouds' libraries do when they are loaded (try IPv6, ask uname) is theirs: they are extras,
# and loaded only where a provider logs in so.
clouds = {f"understudy.shell.credentials.{name}" for name in ("aws", "entra", "google")}
for name in names:
    if not name.endswith("__main__") and name not in clouds:
        importlib.import_module(name)
print("imported", len(names))
"""


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_dependency_is_locked_with_its_hashes(lock: Path) -> None:
    entries = re.split(r"\n(?=[a-z])", lock.read_text().partition("make lock\n")[2])
    assert all(entries)
    for entry in entries:
        assert re.match(r"[A-Za-z0-9_.-]+(\[[a-z,]+\])?==[^\s;]+", entry), entry[:80]
        assert "--hash=sha256:" in entry, entry[:80]


def test_locks_are_installed_with_their_hashes_checked() -> None:
    text = (ROOT / "Makefile").read_text()
    installs = [line for line in text.splitlines() if "$(PIP)" in line and "-r " in line]
    assert len(installs) >= 2
    assert all("--require-hashes" in line for line in installs)


def locked(lock: str) -> set[str]:
    text = (ROOT / "requirements" / lock).read_text()
    return set(re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[a-z,]+\])?==", text, re.MULTILINE))


def brought(name: str) -> list[str]:
    """The .pth files of an installed distribution; none where it is for other machines."""
    try:
        files = importlib.metadata.files(name)
    except importlib.metadata.PackageNotFoundError:
        return []
    return [Path(file).name for file in files or () if Path(file).suffix == ".pth"]


def test_no_dependency_of_ours_runs_at_each_start_of_python() -> None:
    names = locked("runtime.txt") | locked("demo.txt")
    assert len(names) > 20
    assert {name: brought(name) for name in names if brought(name)} == {}


def test_only_two_tools_of_developers_do() -> None:
    found = {
        file: name for name in locked("dev.txt") - locked("runtime.txt") for file in brought(name)
    }
    assert found.items() <= RUNS_CODE.items()


@pytest.mark.timeout(90)
def test_our_wheel_holds_the_package_and_nothing_that_runs_by_itself(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = next(name for name in names if name.endswith("entry_points.txt"))
        scripts = archive.read(metadata).decode()
    tops = {name.partition("/")[0] for name in names}
    assert len(tops) == 2
    assert "understudy" in tops
    assert not [name for name in names if name.endswith((".pth", ".so", ".exe", ".pyc"))]
    assert scripts.split() == ["[console_scripts]", "understudy", "=", "understudy.cli.main:main"]


@pytest.mark.timeout(60)
def test_importing_all_of_it_touches_no_network_and_starts_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_NETWORK], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "found" not in done.stdout
    assert int(done.stdout.split()[1]) > 100


FORBIDDEN_CALLS = frozenset({"eval", "exec", "compile", "__import__", "breakpoint", "input"})
FORBIDDEN_MODULES = frozenset(
    {
        *("subprocess", "pickle", "marshal", "shelve", "dill", "cloudpickle", "code", "codeop"),
        *(
            "yaml",
            "jinja2",
            "mako",
            "ctypes",
            "cffi",
            "runpy",
            "pty",
            "xml",
            "requests",
            "webbrowser",
        ),
    }
)
FORBIDDEN_METHODS = frozenset(
    {
        *("import_module", "system", "popen", "execv", "execve", "spawnv", "posix_spawn"),
        *("create_subprocess_exec", "create_subprocess_shell", "format_map", "fork"),
    }
)
MAY = {
    "__init__.py": {"import_module"},  # of its own one class, when it is first asked for
    "cli/main.py": {"import_module"},  # of its own commands, named in a constant
    # The floor: an engine named in the configuration, never by a caller, and its end with ours.
    "cli/local_engine.py": {"ctypes", "execv"},
    "shell/engine.py": {"subprocess"},
    "cli/demo_world.py": {"create_subprocess_exec"},  # demo and drills start the gateway they show
}


def uses(tree: ast.AST) -> set[str]:
    """What of the forbidden is called, named or imported."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found |= {node.func.id} & FORBIDDEN_CALLS
        elif isinstance(node, ast.Attribute):
            is_field = node.attr == "system" and ast.unparse(node) != "os.system"
            found |= set() if is_field else {node.attr} & FORBIDDEN_METHODS
        elif isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names} & FORBIDDEN_MODULES
        elif isinstance(node, ast.ImportFrom):
            found |= {(node.module or "").partition(".")[0]} & FORBIDDEN_MODULES
            found |= {alias.name for alias in node.names} & FORBIDDEN_METHODS
    return found


@pytest.mark.timeout(60)
def test_nothing_of_ours_can_run_what_it_is_sent() -> None:
    def check(path: Path) -> None:
        found = uses(ast.parse(path.read_text()))
        assert found <= MAY.get(str(path.relative_to(SOURCE)), set())

    every(MODULES, check)


@pytest.mark.parametrize(
    "text", ["eval('1')", "import pickle", "from os import system", "os.fork()"]
)
def test_it_would_be_noticed(text: str) -> None:
    assert uses(ast.parse(text))


@pytest.mark.timeout(60)
def test_no_text_from_outside_is_a_format() -> None:
    """`"{0.__class__}".format(x)` reads whatever it likes: only constants may be formats."""
    every(MODULES, assert_constant_formats)


def assert_constant_formats(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        said = node.func.value
        if node.func.attr == "format" and ast.unparse(said) != "msgspec.json":
            is_constant = isinstance(said, ast.Constant) or (
                isinstance(said, ast.Name) and said.id.isupper()
            )
            assert is_constant, f"line {node.lineno}"


TEMPLATES = (
    "{{7*7}}",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{0.__class__}",
    "%(x)s%s%n",
    "${jndi:ldap://127.0.0.1:1/a}",
    "__import__('os').system('id')",
    "$(id)",
    "`id`",
    ";id",
    "|id",
    "../../etc/passwd",
    "file:///etc/passwd",
    "'; drop table requests; --",
)


@pytest.mark.parametrize("text", TEMPLATES)
def test_what_looks_like_a_program_is_a_text(text: str) -> None:
    """As a prompt it reaches the provider untouched, as a name it comes back as it was."""

    async def scene() -> None:
        async with gateway(provider := good()) as gate:
            assert body_of(await gate.raw(request(turns=[text]))) == ANSWER
            assert text.encode() in provider.requests[0].replace(b"\\", b"")
            answer = await gate.raw(request(model=text))
            assert status_of(answer) == 404
            assert text.replace("'", "").encode() in answer.replace(b"\\", b"").replace(b"'", b"")
            assert b"49" not in body_of(answer)
            assert b"uid=" not in answer
            assert b"root:" not in answer

    run(scene())
