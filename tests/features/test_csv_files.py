from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from features.csv_files import _create_scratch


@pytest.mark.skipif(os.name != "posix", reason="elsewhere nothing tells whether a process is gone")
def test_what_a_killed_run_left_is_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left, alive = tmp_path / f"uptier-{gone.pid}-a", tmp_path / f"uptier-{os.getpid()}-b"
    left.mkdir()
    alive.mkdir()

    scratch = _create_scratch.__wrapped__()

    assert set(tmp_path.iterdir()) == {alive, scratch}
