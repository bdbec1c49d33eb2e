"""What can go wrong with what this layer keeps, below the tree in `features.errors`.

::

    UptierError            str(error) is one clear line: where, what was found, what was expected, what to do
    ├── BundleError        a bundle can't be written, or is altered, incomplete or newer than this release
    ├── StoreError         the score store can't be reached, refuses, or lacks what is asked for
    └── TrackingError      the store of runs and models can't be reached, refuses, or lacks what is asked for
"""

from __future__ import annotations

from features.errors import UptierError


class BundleError(UptierError):
    """A bundle can't be written, or what was found is not the bundle that was saved."""


class TrackingError(UptierError):
    """The store of runs and models can't be reached, refuses, or lacks what is asked for."""


class StoreError(UptierError):
    """The score store can't be reached, refuses, or lacks what is asked for."""
