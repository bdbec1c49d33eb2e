"""Scratch: a folder for what has to be written anew before it can be read.

It lives as long as the process. What a process that was killed left behind is cleared by the next: each holds
a lock beside its folder, which the system lets go of with the process, in whatever container that ran.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

_PREFIX, _LOCK = "uptier-scratch-", ".lock"


@lru_cache(maxsize=1)
def open_scratch() -> Path:
    """Return this process's folder."""
    _clear_left_ones(Path(tempfile.gettempdir()))
    handle, name = tempfile.mkstemp(prefix=_PREFIX, suffix=_LOCK)
    _try_lock(handle)  # held until the process ends
    folder = Path(name.removesuffix(_LOCK))
    folder.mkdir()
    atexit.register(_remove, folder, Path(name))
    return folder


def _clear_left_ones(parent: Path) -> None:
    for lock in parent.glob(f"{_PREFIX}*{_LOCK}"):
        with contextlib.suppress(OSError):  # another user's, or gone already
            handle = os.open(lock, os.O_RDONLY)
            try:
                if _try_lock(handle):
                    _remove(lock.with_suffix(""), lock)
            finally:
                os.close(handle)


def _try_lock(handle: int) -> bool:
    """Lock a file unless another process holds it; where that can't be told, say that one does."""
    if sys.platform == "win32":
        return False
    import fcntl  # noqa: PLC0415 - not everywhere

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove(folder: Path, lock: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    lock.unlink(missing_ok=True)
