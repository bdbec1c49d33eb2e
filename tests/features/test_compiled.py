from __future__ import annotations

import os
import subprocess
import sys


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
