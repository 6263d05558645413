"""What is installed: the program by its name, its dependencies and no others, and every file of the packages."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import bot

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = ("bot", "handlers", "qualification", "templates", "migrations")
# What no line of ours imports, and why it is needed all the same.
UNIMPORTED = {
    "websocket-client",  # slack_sdk.socket_mode.websocket_client does
    "tzdata",  # zoneinfo reads its files
}


def name_of(requirement: str) -> str:
    """Give the name in a requirement: `psycopg[binary]` is psycopg."""
    found = re.match(r"[\w.-]+", requirement)
    assert found is not None
    return found[0].lower().replace("_", "-")


def imported(packages: tuple[str, ...]) -> set[str]:
    """Name the distributions that the sources of these packages import."""
    modules = {
        name.partition(".")[0]
        for package in packages
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    }
    known = importlib.metadata.packages_distributions()
    return {name.lower().replace("_", "-") for module in modules for name in known.get(module, [])} - {"baton"}


def locked(file: str) -> set[str]:
    """Name what a lock file installs."""
    return set(re.findall(r"^([\w.-]+)==", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE))


def test_every_runtime_dependency_is_imported_by_the_bot_itself() -> None:
    declared = {name_of(each) for each in PROJECT["project"]["dependencies"]}
    assert declared - imported(RUNTIME) == UNIMPORTED


def test_the_bot_imports_nothing_that_the_runtime_does_not_lock() -> None:
    assert imported(RUNTIME) - locked("requirements.lock") == set()


def test_what_only_the_demo_or_the_tests_need_is_not_in_the_runtime() -> None:
    demo = {name_of(each) for each in PROJECT["dependency-groups"]["demo"]}
    assert demo <= locked("requirements-demo.lock")
    groups = [*PROJECT["dependency-groups"]["demo"], *PROJECT["dependency-groups"]["dev"]]
    assert not {name_of(each) for each in groups if isinstance(each, str)} & locked("requirements.lock")
    assert imported(("sandbox",)) <= locked("requirements.lock") | locked("requirements-demo.lock")


def test_every_locked_file_says_the_hash_of_every_part() -> None:
    for file in ("requirements", *(f"requirements-{group}" for group in ("audit", "build", "demo", "dev"))):
        text = (ROOT / f"{file}.lock").read_text(encoding="utf-8")
        for part in re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]:
            assert "--hash=sha256:" in part, part.splitlines()[0]
    assert {name_of(each) for each in PROJECT["build-system"]["requires"]} <= locked("requirements-build.lock")


def test_baton_is_a_program_that_prints_its_version() -> None:
    """`make` puts it beside the Python of the tests."""
    done = subprocess.run(
        [Path(sys.executable).with_name("baton"), "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"baton {bot.__version__}\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build a wheel with the backend that is locked, from this folder."""
    folder = tmp_path_factory.mktemp("wheel")
    build = f"from hatchling.build import build_wheel; print(build_wheel({str(folder)!r}))"
    done = subprocess.run([sys.executable, "-c", build], cwd=ROOT, capture_output=True, text=True, check=True)
    return zipfile.ZipFile(folder / done.stdout.split()[-1])


def test_the_package_holds_every_file_that_the_program_reads(wheel: zipfile.ZipFile) -> None:
    listed = ["git", "ls-files", "--", *RUNTIME, "sandbox"]
    tracked = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    here = {name for name in tracked if (ROOT / name).exists()}
    assert here - set(wheel.namelist()) == set()
    assert "bot/manifest.json" in wheel.namelist()


def test_the_package_has_the_one_version_and_the_one_program(wheel: zipfile.ZipFile) -> None:
    folder = f"baton-{bot.__version__}.dist-info"
    assert f"\nVersion: {bot.__version__}\n" in wheel.read(f"{folder}/METADATA").decode()
    assert "baton = bot.cli.commands:baton" in wheel.read(f"{folder}/entry_points.txt").decode()
    assert "version" in PROJECT["project"]["dynamic"]
