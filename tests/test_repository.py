"""What the repository promises as a whole: its layers, names, versions, pins and front page."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("features", "models", "training", "serving")
MODULES = sorted(
    [
        ROOT / "uptier.py",
        ROOT / "uptier_terminal.py",
        *(path for each in PACKAGES for path in (ROOT / each).rglob("*.py")),
    ]
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _name(requirement: str) -> str:
    matched = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert matched is not None
    return re.sub(r"[-_.]+", "-", matched[0]).lower()


def _requirements(name: str) -> dict[str, str]:
    """Pinned requirements of a file by distribution, each with the hashes of its continued lines."""
    lines = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^\s*#.*\n?", "", _read(name))).splitlines()
    return {_name(line): line for line in lines if line.strip()}


def test_layers_import_only_what_is_below_them() -> None:
    run = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", run, "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_command_composes_and_leaves_the_rest_to_the_layers() -> None:
    # import-linter reads packages only, and the command is a module.
    nodes = list(ast.walk(ast.parse(_read("uptier.py"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    imported = {name.partition(".")[0] for name in names}
    assert imported & set(PACKAGES)
    assert not imported & {"fastapi", "starlette", "mlflow", "pandas", "duckdb"}


def test_no_other_distribution_provides_our_names() -> None:
    provided = importlib.metadata.packages_distributions()
    ours = {name: set(provided.get(name, ())) - {"uptier"} for name in (*PACKAGES, "uptier")}
    assert ours == {name: set() for name in ours}


def test_installed_version_is_the_declared_one() -> None:
    assert importlib.metadata.version("uptier") == PROJECT["version"]


def test_changelog_has_a_place_for_what_comes_next() -> None:
    headings = re.findall(r"(?m)^## \[(.+?)\]", _read("CHANGELOG.md"))
    assert headings[0] == "Unreleased"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_says_what_it_is_and_stays_readable(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "no docstring"
    most = 600 if path.name == "uptier.py" else 400  # every command is in it
    assert len(text.splitlines()) <= most, "too long: one noun a file"


def test_test_folders_are_packages_so_that_none_hides_a_package_of_ours() -> None:
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements_are_pinned_and_hashed_and_name_no_index(name: str) -> None:
    requirements = _requirements(name)
    assert requirements
    for line in requirements.values():
        assert re.match(r"[a-z0-9-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line), line
    assert not re.search(r"://|--(?:extra-)?index|--find-links|--trusted-host|@ ", _read(name))


def test_requirements_hold_everything_that_is_declared() -> None:
    extras = PROJECT["optional-dependencies"]
    runtime = {_name(each) for each in PROJECT["dependencies"]}
    everything = runtime | {_name(each) for extra in extras.values() for each in extra}
    assert runtime <= _requirements("requirements.txt").keys()
    assert everything <= _requirements("requirements-dev.txt").keys()
    assert "pandas" not in _requirements("requirements.txt")


def test_development_pins_are_the_runtime_pins() -> None:
    runtime, development = (
        {name: line.split()[0] for name, line in _requirements(each).items()} for each in REQUIREMENTS
    )
    assert runtime.items() <= development.items()


def test_readme_mentions_only_make_targets_that_exist() -> None:
    mentioned = set(re.findall(r"(?m)(?:^|`)make ([a-z]+)", _read("README.md")))
    targets = set(re.findall(r"(?m)^([a-z]+):", _read("Makefile")))
    assert {"demo", "test", "check", "bench", "help"} <= targets
    assert {"demo", "test"} <= mentioned <= targets


def test_make_alone_lists_every_target() -> None:
    command = ["make", "--no-print-directory"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    targets = set(re.findall(r"(?m)^([a-z]+):", _read("Makefile")))
    assert set(re.findall(r"(?m)^\s+make ([a-z]+)\s+\S", done.stdout)) == targets


def test_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", _read("README.md"))
    assert [link for link in links if not (ROOT / link).exists()] == []
