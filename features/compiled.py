"""Compiled loops: how numba compiles the loops that run over rows and customers.

Such a loop works on arrays that it is handed and allocates none. Numba then leaves out the counting of
references, which would cost several times the work itself, and small functions called in a loop cost nothing.
Loops run without the interpreter's lock, so that threads share the customers. The machine code is kept beside
this file in ``__pycache__``, or in ``NUMBA_CACHE_DIR``. A compiled function that others call is compiled into
them, which numba does not notice when it changes: so each state of the sources has a folder of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numba import config, njit

P = ParamSpec("P")
R = TypeVar("R")

PACKAGES = ("features", "models")
"""Packages with compiled loops."""

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop that allocates no array; a division by zero in it gives what numpy's gives."""
    return _compile(function, _OPTIONS | {"_nrt": False})


def compiled_with_memory(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop that allocates arrays."""
    return _compile(function, _OPTIONS)


def _compile(function: Callable[P, R], options: dict[str, Any]) -> Callable[P, R]:
    compile_: Callable[[Callable[P, R]], Callable[P, R]] = njit(**options)
    try:
        return compile_(function)
    except RuntimeError:  # no folder can be written, as on a read-only disk: each process compiles anew
        return _compile(function, options | {"cache": False})


def _digest_sources() -> str:
    """Return a digest of all that is compiled, and of how."""
    here = Path(__file__).resolve()
    paths = (path for name in PACKAGES for path in sorted((here.parents[1] / name).rglob("*.py")))
    texts = (path.read_bytes() for path in paths)
    return sha256(b"".join(text for text in texts if b"compiled" in text)).hexdigest()[:16]


def _choose_folder(settings: Any) -> None:
    """Tell numba to keep its machine code in the folder of these sources."""
    kept = Path(settings.CACHE_DIR or Path(__file__).parent / "__pycache__")
    settings.CACHE_DIR = str(kept / f"compiled-{_digest_sources()}")


_choose_folder(config)


def count_off(count: int) -> list[int]:
    """Return 0, 1, 2, ... as numbers of numpy's.

    For each of Python's, numba would compile the functions that take it once more.
    """
    return list(np.arange(count))
