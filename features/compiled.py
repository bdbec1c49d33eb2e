"""Compiled loops: how numba compiles the loops that run over rows and customers.

Such a loop works on arrays that it is handed and allocates none. Numba then leaves out the counting of
references, which would cost several times the work itself, and small functions called in a loop cost nothing.
Loops run without the interpreter's lock, so that threads share the customers. The machine code is kept beside
the source, or in ``NUMBA_CACHE_DIR``. A compiled function that others call is compiled into them: when it
changes, delete ``__pycache__``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numba import njit

P = ParamSpec("P")
R = TypeVar("R")

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


def count_off(count: int) -> list[int]:
    """Return 0, 1, 2, ... as numbers of numpy's.

    For each of Python's, numba would compile the functions that take it once more.
    """
    return list(np.arange(count))
