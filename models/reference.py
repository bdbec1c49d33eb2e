"""The reference: the customer that reasons start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from features.timeline import FloatArray, read_only


@dataclass(frozen=True)
class Reference:
    """The base's typical customer, fixed at training.

    Attributes
    ----------
    typical : tuple of float
        Medians of the purchase process's inputs (`models.process_reasons.read_inputs`).
    value, active, upgrade : mapping of str to float
        What each feature adds to the score of the base's customers on average: to the logarithm of expected
        value, and to the log-odds of an order and of an upgrade.
    """

    typical: tuple[float, ...]
    value: Mapping[str, float] = field(default_factory=dict)
    active: Mapping[str, float] = field(default_factory=dict)
    upgrade: Mapping[str, float] = field(default_factory=dict)

    def means(self, names: Sequence[str]) -> FloatArray:
        """Return what each feature adds on average, shape (targets, features)."""
        targets = (self.value, self.active, self.upgrade)
        return read_only(np.array([[means.get(name, 0.0) for name in names] for means in targets]))

    def to_json(self) -> dict[str, Any]:
        """Return the reference as plain data."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reference:
        """Return the reference that `to_json` wrote."""
        return cls(**{**data, "typical": tuple(data["typical"])})
