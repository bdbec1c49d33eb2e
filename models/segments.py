"""Segments, evidence and churn in words: what kind of customer this is, and how much is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from features.timeline import BoolArray

StrArray = npt.NDArray[np.str_]

Segment = Literal["lapsed", "valued", "volume", "new", "occasional"]
SEGMENTS: tuple[str, ...] = get_args(Segment)
"""Segments in the order in which they are tried: a customer is the first that fits."""

Evidence = Literal["none", "attributes", "one_order", "few_orders", "ample"]
EVIDENCES: tuple[str, ...] = get_args(Evidence)
"""Evidence tags, from the least to the most that is known."""

NO_ORDER = EVIDENCES[:2]
"""Evidence tags of customers who never ordered."""

Churn = Literal["likely", "unlikely"]
CHURNS: tuple[str, ...] = get_args(Churn)
"""Whether a customer is likelier to churn than to order."""

_AMPLE_ORDERS = 5
_LIKELY_CHURN = 0.5
_SEGMENTS, _EVIDENCES, _CHURNS = np.array(SEGMENTS), np.array(EVIDENCES[::-1]), np.array(CHURNS)


LEAST_VOLUME = 2.0
"""Orders that make volume at the least: who ordered once does not buy often, even where most do no more."""


def compute_volume_orders(trailing_orders: npt.ArrayLike) -> float:
    """Return where volume begins: with the orders of the median active customer, but not below two.

    Parameters
    ----------
    trailing_orders : array-like of shape (customers,)
        Orders in the trailing period; customers without any are not active and don't count.

    Returns
    -------
    float
        At least `LEAST_VOLUME`.

    Examples
    --------
    >>> compute_volume_orders([0, 0, 1, 3, 6]), compute_volume_orders([0, 1, 1, 2])
    (3.0, 2.0)
    """
    orders = np.asarray(trailing_orders, dtype=np.float64)
    active = orders[orders > 0]
    return max(float(np.median(active)), LEAST_VOLUME) if len(active) else LEAST_VOLUME


def assign_segments(
    trailing_orders: npt.ArrayLike,
    trailing_value: npt.ArrayLike,
    tenure_days: npt.ArrayLike,
    *,
    horizon_days: float,
    threshold: npt.ArrayLike,
    volume_orders: npt.ArrayLike,
) -> StrArray:
    """Return the segment of each customer.

    Parameters
    ----------
    trailing_orders, trailing_value : array-like of shape (customers,)
        Orders, and value in money, in the trailing period.
    tenure_days : array-like of shape (customers,)
        Days since the first order; NaN for customers without one.
    horizon_days : float
        Length of the trailing period: who first ordered within it is new.
    threshold : float or array-like of shape (customers,)
        Trailing value from which a customer is valued, in money; NaN when nobody has any.
    volume_orders : float or array-like of shape (customers,)
        What `compute_volume_orders` returned for the whole base at training.

    Returns
    -------
    str array, shape (customers,)
        Of `SEGMENTS`.

    Examples
    --------
    >>> tenure = [400, 30]
    >>> segments = assign_segments([3, 1], [20, 20], tenure, horizon_days=90, threshold=100, volume_orders=2)
    >>> segments.tolist()
    ['volume', 'new']
    """
    orders = np.asarray(trailing_orders, dtype=np.float64)
    fits = [
        ~(orders > 0),
        np.asarray(trailing_value, dtype=np.float64) >= np.asarray(threshold, dtype=np.float64),
        orders >= np.asarray(volume_orders, dtype=np.float64),
        np.asarray(tenure_days, dtype=np.float64) <= horizon_days,
    ]
    return _name_first(fits, _SEGMENTS)


def assign_evidence(orders_ever: npt.ArrayLike, known_attributes: npt.ArrayLike) -> StrArray:
    """Return how much is known of each customer.

    Parameters
    ----------
    orders_ever : array-like of shape (customers,)
        Orders before `as_of`.
    known_attributes : array-like of shape (customers,)
        How many of the customer's attributes are known, or whether any is.

    Returns
    -------
    str array, shape (customers,)
        Of `EVIDENCES`.

    Examples
    --------
    >>> assign_evidence([0, 0, 1, 4, 5], [0, 3, 0, 2, 0]).tolist()
    ['none', 'attributes', 'one_order', 'few_orders', 'ample']
    """
    orders = np.asarray(orders_ever, dtype=np.float64)
    known = np.asarray(known_attributes, dtype=np.float64) > 0
    fits = [orders >= _AMPLE_ORDERS, orders >= 2, orders >= 1, known]
    return _name_first(fits, _EVIDENCES)


def assign_churn(churn_probability: npt.ArrayLike) -> StrArray:
    """Return whether each customer is likely to churn.

    Parameters
    ----------
    churn_probability : array-like of shape (customers,)

    Returns
    -------
    str array, shape (customers,)
        Of `CHURNS`.

    Examples
    --------
    >>> assign_churn([0.92, 0.5, 0.1]).tolist()
    ['likely', 'likely', 'unlikely']
    """
    return _name_first([np.asarray(churn_probability, dtype=np.float64) >= _LIKELY_CHURN], _CHURNS)


def _name_first(fits: Sequence[BoolArray], names: StrArray) -> StrArray:
    """Return the name of the first condition that each customer fits, the last name for who fits none."""
    codes = np.full(len(fits[0]), len(fits))
    for code in range(len(fits) - 1, -1, -1):
        codes[fits[code]] = code
    found: StrArray = names[codes]
    return found
