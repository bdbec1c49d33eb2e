from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from features.compiled import PACKAGES

ROOT = Path(__file__).parents[2]


def test_loops_run_where_no_folder_can_be_written() -> None:
    nowhere = {
        "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator",
        "NUMBA_CACHE_DIR": "/dev/null/nowhere",
    }
    program = "from features.timeline import fixed; print(fixed(1.5))"
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | nowhere, capture_output=True, text=True, check=True
    )
    assert done.stdout == "15000\n"


def test_a_change_of_what_is_compiled_into_another_loop_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "features", tmp_path / "features", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").touch()
    (tmp_path / "models" / "step.py").write_text(
        "from features.compiled import compiled\n@compiled\ndef step(x):\n    return x + 1\n"
    )
    (tmp_path / "models" / "walk.py").write_text(
        "from features.compiled import compiled\nfrom models.step import step\n"
        "@compiled\ndef walk(x):\n    return step(x)\n"
    )

    def walk() -> str:
        program = "from models.walk import walk; print(walk(1), sum(walk.stats.cache_hits.values()))"
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    assert [walk(), walk()] == ["2 0", "2 1"]
    step = tmp_path / "models" / "step.py"
    step.write_text(step.read_text().replace("+ 1", "+ 2"))
    assert walk() == "3 0"


def test_all_packages_with_compiled_loops_are_watched() -> None:
    packages = {path.relative_to(ROOT).parts[0] for path in ROOT.glob("[a-z]*/**/*.py")} - {"tests"}
    compiled = re.compile(r"^@compiled", re.MULTILINE)
    found = {
        name for name in packages if any(compiled.search(p.read_text()) for p in (ROOT / name).rglob("*.py"))
    }
    assert found == set(PACKAGES)
