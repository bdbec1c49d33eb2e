"""scikit-learn's contract for estimators without its import, a second that only training should wait for."""

from __future__ import annotations

import inspect
from typing import Any, Self

import numpy.typing as npt


class Estimator:
    """Base of estimators: parameters are those of the constructor, which only stores them.

    Its subclasses may be cloned, searched over and put into pipelines. They pass scikit-learn's own checks
    of tables as wide as they ask for.

    Attributes
    ----------
    n_features_in_ : int
        Columns that `fit` saw.
    """

    n_features_in_: int

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; none of them is an estimator, so `deep` changes nothing."""
        return {name: getattr(self, name) for name in _find_parameters(type(self))}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name.

        Raises
        ------
        ValueError
            When there is none of a name.
        """
        known = _find_parameters(type(self))
        for name, value in params.items():
            if name not in known:
                raise ValueError(f"Invalid parameter {name!r} for {type(self).__name__}; known are {known}")
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({shown})"

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn asks of an estimator's kind."""
        from sklearn.utils import InputTags, Tags, TargetTags  # noqa: PLC0415 - only scikit-learn asks

        return Tags(estimator_type=None, target_tags=TargetTags(required=False), input_tags=InputTags())

    def check_fitted(self) -> None:
        """Raise scikit-learn's error where nothing was fitted yet."""
        if any(name.endswith("_") and not name.startswith("_") for name in vars(self)):
            return
        from sklearn.exceptions import NotFittedError  # noqa: PLC0415 - an error that is on its way

        raise NotFittedError(f"This {type(self).__name__} is not fitted yet; call fit first")

    def validate(self, X: npt.ArrayLike, *target: npt.ArrayLike, **settings: Any) -> Any:
        """Return ``X``, and the target where there is one, after scikit-learn's checks."""
        from sklearn.utils.validation import validate_data  # noqa: PLC0415 - plain arrays go past it

        return validate_data(self, X, *target, **settings)


def _find_parameters(kind: type) -> list[str]:
    found = inspect.signature(kind).parameters.values()
    return sorted(each.name for each in found if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY))
