"""Settings of all tests."""

from __future__ import annotations

from hypothesis import settings

# The same examples on every run and machine, and no time limit on any of them: a shared CI can stall.
settings.register_profile("uptier", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("uptier")
