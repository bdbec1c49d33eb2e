"""Exit codes of a worker, for the process that started it."""

from __future__ import annotations

UNABLE = 2
"""It can't serve, and another couldn't either."""
