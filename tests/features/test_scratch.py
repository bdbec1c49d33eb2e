from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from features.scratch import open_scratch

RUN = """
import sys
from features.scratch import open_scratch
print(open_scratch(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Return another run that has opened its folder in the same temp folder."""
    run = subprocess.Popen(
        [sys.executable, "-c", RUN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    with run:
        yield run
        run.kill()


@pytest.mark.skipif(os.name != "posix", reason="elsewhere nothing tells whether a process is gone")
def test_what_a_killed_run_left_is_cleared_and_a_live_one_is_not_touched(
    tmp_path: Path, other: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert other.stdout is not None
    theirs = Path(other.stdout.readline().strip())
    (theirs / "copy.csv").write_text("a\n1\n")

    ours = open_scratch.__wrapped__()
    assert (theirs / "copy.csv").exists()

    other.kill()
    other.wait()
    again = open_scratch.__wrapped__()
    assert not theirs.exists()
    assert {each for each in tmp_path.iterdir() if each.is_dir()} == {ours, again}


def test_a_run_takes_its_folder_with_it(tmp_path: Path, other: subprocess.Popen[str]) -> None:
    assert other.stdout is not None
    theirs = Path(other.stdout.readline().strip())
    assert theirs.is_dir()

    other.communicate("")

    assert list(tmp_path.iterdir()) == []
