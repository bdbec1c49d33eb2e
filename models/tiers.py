"""Tiers: A, B and C, cut in money when a model is trained, so that a customer alone gets the base's tier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from features.timeline import FloatArray
from models.percentiles import Percentiles, fit_percentiles
from models.segments import StrArray
from models.sellers import Sellers, borrow, group_by_seller, look_up
from models.target import TierCuts

Tier = Literal["A", "B", "C"]
TIERS: tuple[str, ...] = get_args(Tier)
_TIERS: StrArray = np.array(TIERS)

Cut = tuple[float, float]


@dataclass(frozen=True)
class Tiers:
    """Where the tiers are cut, and the percentiles of value, both fixed at training.

    Attributes
    ----------
    cuts : (float, float)
        Least value of tier A and of tier B, in money; infinite where nobody has a positive value.
    seller_cuts : mapping of str to (float, float)
        The same within a seller; a seller that is not here has the base's.
    percentiles : Percentiles
        Of the value over the whole base.

    Examples
    --------
    >>> tiers = fit_tiers([80, 10, 6, 4, 0], TierCuts(A=0.8, B=0.95))
    >>> tiers.assign([80, 10, 5, 0]).tolist()
    ['A', 'B', 'C', 'C']
    """

    cuts: Cut
    percentiles: Percentiles = field(repr=False)
    seller_cuts: Mapping[str, Cut] = field(default_factory=dict, repr=False)

    def assign(self, value: npt.ArrayLike, sellers: Sellers | None = None) -> StrArray:
        """Return the tier of each customer; a value of 0 or less, or none, is C.

        Parameters
        ----------
        value : array-like of shape (customers,)
            In money, of the kind that the cuts were made from.
        sellers : sequence of str, shape (customers,), optional
            Cut within these; without them, over the whole base.
        """
        values = np.asarray(value, dtype=np.float64)
        cuts = self._cuts(sellers)
        codes = 2 - (values >= cuts[:, 0]).astype(np.int64) - (values >= cuts[:, 1])
        return _TIERS[codes]

    def rank(self, value: npt.ArrayLike) -> FloatArray:
        """Return each value's percentile in the whole base, 0 to 100."""
        ranks: FloatArray = self.percentiles.rank(np.asarray(value, dtype=np.float64)[None, :])[0]
        return ranks

    def to_json(self) -> dict[str, Any]:
        """Return the tiers as plain data; a cut that nobody reaches is null."""
        sellers = {seller: _cut_to_json(cut) for seller, cut in self.seller_cuts.items()}
        return {
            "cuts": _cut_to_json(self.cuts),
            "sellers": sellers,
            "percentiles": self.percentiles.to_json(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Tiers:
        """Return the tiers that `to_json` wrote."""
        sellers = {seller: _cut_from_json(cut) for seller, cut in data["sellers"].items()}
        return cls(_cut_from_json(data["cuts"]), Percentiles.from_json(data["percentiles"]), sellers)

    def _cuts(self, sellers: Sellers | None) -> FloatArray:
        if sellers is None:
            return np.array([self.cuts], dtype=np.float64)
        return np.array(look_up(self.seller_cuts, self.cuts, sellers)).reshape(-1, 2)


@dataclass(frozen=True)
class GoldenShare:
    """Tier A's share of the customers and of their value, each 0 to 1."""

    customers: float
    value: float


def fit_tiers(value: npt.ArrayLike, shares: TierCuts, sellers: Sellers | None = None) -> Tiers:
    """Cut the tiers of a base.

    Customers are ordered by value; A takes them until its share of the total is reached, the one who reaches
    it included, and so does B after it. Equal values share a tier, the higher one. Values of 0 or less count
    for nothing and are C, so that the totals are those of customers who bring something.

    A seller with fewer than `models.sellers.AMPLE_CUSTOMERS` customers of positive value borrows from the
    base.

    Parameters
    ----------
    value : array-like of shape (customers,)
        Expected or trailing value, in money.
    shares : TierCuts
        Shares of the total at which A and B end.
    sellers : sequence of str, shape (customers,), optional
        Who sold; gives each seller cuts of its own.

    Raises
    ------
    ValueError
        When a value is not finite, or there are more or fewer sellers than values.
    """
    values = np.asarray(value, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError(f"{int((~np.isfinite(values)).sum())} value(s) are not finite")
    base = _cut(values, shares)
    percentiles = fit_percentiles(values[None, :])
    if sellers is None:
        return Tiers(base, percentiles)
    own = {
        seller: _seller_cut(part, shares, base) for seller, part in group_by_seller(values, sellers).items()
    }
    return Tiers(base, percentiles, own)


def compute_golden_share(tiers: StrArray, value: npt.ArrayLike, customers: int | None = None) -> GoldenShare:
    """Return tier A's share of the known customers, those who ever ordered, and of their value.

    Parameters
    ----------
    tiers : str array, shape (customers,)
    value : array-like of shape (customers,)
        In money; below 0 it counts as 0.
    customers : int, optional
        How many are known, where those without value are not given.

    Examples
    --------
    >>> compute_golden_share(np.array(["A", "B", "C", "C"]), [80, 20, 0, 0])
    GoldenShare(customers=0.25, value=0.8)
    """
    golden = np.asarray(tiers) == "A"
    worth = np.maximum(np.asarray(value, dtype=np.float64), 0)
    total, known = worth.sum(), len(golden) if customers is None else customers
    return GoldenShare(
        float(golden.sum() / known) if known else 0.0,
        float(worth[golden].sum() / total) if total > 0 else 0.0,
    )


def _cut(values: FloatArray, shares: TierCuts) -> Cut:
    ranked = np.sort(values[values > 0])[::-1]
    if not len(ranked):
        return np.inf, np.inf
    reached = np.cumsum(ranked)
    first, second = (
        float(ranked[np.searchsorted(reached, share * reached[-1])]) for share in (shares.A, shares.B)
    )
    return first, second


def _seller_cut(values: FloatArray, shares: TierCuts, base: Cut) -> Cut:
    customers = int(np.count_nonzero(values > 0))
    first, second = (
        borrow(own, whole, customers) for own, whole in zip(_cut(values, shares), base, strict=True)
    )
    return first, second


def _cut_to_json(cut: Cut) -> list[float | None]:
    return [None if np.isinf(least) else least for least in cut]


def _cut_from_json(data: Sequence[float | None]) -> Cut:
    first, second = (np.inf if least is None else float(least) for least in data)
    return first, second
