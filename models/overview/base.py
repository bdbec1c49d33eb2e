"""How the base is doing: months, golden share, concentration, frequency against value, retention."""

from __future__ import annotations

import datetime as dt

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """Plain figures that don't change once they are computed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class MonthTotals(Frozen):
    """What a calendar month brought.

    Attributes
    ----------
    month : date
        Its first day, in the business's time zone.
    complete : bool
        False where the data begins or ends within it.
    orders : int
    customers : int
        Who ordered.
    new_customers : int
        Who ordered for the first time in the data.
    value : float
        Money, returns deducted.
    """

    month: dt.date
    complete: bool
    orders: int
    customers: int
    new_customers: int
    value: float


class GoldenPoint(Frozen):
    """Golden customers at a moment: those whose trailing value reached today's least of tier A.

    Attributes
    ----------
    day : date
        The trailing period ends before it.
    known : int
        Customers that had ordered by then: the base.
    active : int
        Those who ordered in the trailing period.
    golden : int
    customer_share : float
        Golden of known customers, 0 to 1.
    value_share : float
        What golden customers brought of the trailing value, 0 to 1; returns that outweigh count as 0.
    """

    day: dt.date
    known: int
    active: int
    golden: int
    customer_share: float
    value_share: float


class Concentration(Frozen):
    """How trailing value is spread.

    Attributes
    ----------
    customers : int
        With a positive trailing value.
    value : float
        Theirs, in money.
    value_shares : tuple of float
        Share of the value that the best 0, 1, 2, … 100 % of them bring; empty without any.
    """

    customers: int
    value: float
    value_shares: tuple[float, ...] = ()


class Scatter(Frozen):
    """Orders against value in the trailing period, for customers who ordered in it.

    Attributes
    ----------
    of : int
        How many there are; the lists hold all of them or an even sample.
    orders : tuple of int
    value : tuple of float
        Money.
    group : tuple of str
        ``valued``; ``between``: volume customers of at least half the threshold; ``volume``; ``other``.
    counts : dict of str to int
        Customers by group, all of them.
    values : dict of str to float
        Their trailing value by group, in money.
    threshold : float, optional
        Value from which a customer is valued, in money; null where it differs by seller.
    """

    of: int
    orders: tuple[int, ...] = ()
    value: tuple[float, ...] = ()
    group: tuple[str, ...] = ()
    counts: dict[str, int] = {}
    values: dict[str, float] = {}
    threshold: float | None = None


class Cohort(Frozen):
    """Customers whose first order fell into one month, and how many ordered in the months after.

    Attributes
    ----------
    month : date
    customers : int
    active : tuple of int
        Who ordered 1, 2, … months later; complete months only.
    begins_with_data : bool
        The data begins with it, so that long-standing customers are among its "new" ones.
    """

    month: dt.date
    customers: int
    active: tuple[int, ...]
    begins_with_data: bool


class Repeat(Frozen):
    """How many come back.

    Attributes
    ----------
    customers, repeaters : int
        Who ordered at all, and who did more than once.
    observed, returned : int
        Whose first order is at least a horizon ago, and who of them ordered again within a horizon of it.
    """

    customers: int
    repeaters: int
    observed: int
    returned: int
