"""Estimators that read a few columns of fixed meaning."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from features.timeline import FloatArray
from models.estimator import Estimator


class FixedColumns(Estimator):
    """Base of estimators whose ``X`` has known columns, in a known order."""

    columns: ClassVar[tuple[str, ...]]
    negative_allowed: ClassVar[bool] = False
    unknown_allowed: ClassVar[bool] = False

    def __sklearn_tags__(self) -> Any:
        """Declare whether inputs may be negative."""
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = not self.negative_allowed
        return tags

    def _read(self, X: npt.ArrayLike, *, reset: bool = False) -> FloatArray:
        """Return ``X`` as floats after every check; `reset` learns its shape and names, as `fit` does."""
        if not reset:
            self.check_fitted()
        # scikit-learn's validation takes longer than a prediction, so plain arrays go past it.
        plain = type(X) is np.ndarray and X.dtype == np.float64 and X.ndim == 2 and X.size > 0
        known = plain and X.shape[1] == getattr(self, "n_features_in_", len(self.columns))  # type: ignore[union-attr]
        if reset or not known or hasattr(self, "feature_names_in_") or not np.isfinite(X).all():
            finite = "allow-nan" if self.unknown_allowed else True
            X = self.validate(X, dtype=np.float64, reset=reset, ensure_all_finite=finite)
        return self._select(X)  # type: ignore[arg-type]

    def _select(self, X: FloatArray) -> FloatArray:
        if X.shape[1] != len(self.columns):
            raise ValueError(
                f"X has {X.shape[1]} feature(s), {type(self).__name__} expects {len(self.columns)}: "
                f"{', '.join(self.columns)}"
            )
        for name, column in zip(self.columns, X.T, strict=True):
            if not self.negative_allowed and column.min() < 0:
                raise ValueError(
                    f"Negative values in data: {name} goes down to {column.min():g}, expected 0 or more"
                )
        return X
