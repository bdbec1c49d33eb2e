"""Figures: what formulas say of a customer, written down instead of worked out.

A formula is plain arithmetic on what is `KNOWN`. Because it is kept as it is written, `features.program` can
put all formulas together, work out once what they share, and do so for a million customers or for one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One number a customer: an operation and what it is done to.

    Attributes
    ----------
    operation : str
        One of `LEAVES`, or ``add``, ``subtract``, ``multiply``, ``divide``, ``above``, ``reach``,
        ``where``, ``larger`` and ``root``.
    operands : tuple
        Figures; the operands of leaves are what names them.
    """

    operation: str
    operands: tuple[Any, ...]

    def __add__(self, other: Figure | float) -> Figure:
        """Return the sum."""
        return _combine("add", self, other)

    def __sub__(self, other: Figure | float) -> Figure:
        """Return the difference."""
        return _combine("subtract", self, other)

    def __mul__(self, other: Figure | float) -> Figure:
        """Return the product."""
        return _combine("multiply", self, other)

    def __truediv__(self, other: Figure | float) -> Figure:
        """Return the ratio; what is divided by nothing is unknown."""
        return _combine("divide", self, other)

    def __rmul__(self, other: float) -> Figure:
        """Return the product with a number."""
        return _combine("multiply", other, self)

    def __gt__(self, other: Figure | float) -> Figure:
        """Return 1 where this is above the other, else 0."""
        return _combine("above", self, other)

    def __ge__(self, other: Figure | float) -> Figure:
        """Return 1 where this is at or above the other, else 0."""
        return _combine("reach", self, other)


LEAVES = ("total", "mark", "days", "given", "constant")
"""Operations on no other figure: a total over a window, a mark, the days since a time, a number that the
moment and the horizon give, and one that always holds."""


def where(condition: Figure, figure: Figure) -> Figure:
    """Return the figure where the condition holds, else unknown."""
    return _combine("where", condition, figure)


def larger(figure: Figure, other: Figure | float) -> Figure:
    """Return the larger of two figures; where one is unknown, the other."""
    return _combine("larger", figure, other)


def root(figure: Figure) -> Figure:
    """Return the square root; of what rounding left below 0 it is 0."""
    return _combine("root", figure)


class Known:
    """What is known of a customer at a moment: what formulas are made of."""

    def sum(self, name: str, window: str = "ever") -> Figure:
        """Return a total over a window; unknown where no table tells of it.

        Parameters
        ----------
        name : str
            One of the `TOTALS` of purchases, or ``table:kind`` for events and contacts.
        window : str
            One of `features.windows.SPANS`.
        """
        return Figure("total", (name, window))

    def mark(self, name: str, unit: float = 1.0) -> Figure:
        """Return a figure among the `MARKS` of purchases, divided by `unit`."""
        return Figure("mark", (name, unit))

    def days_since(self, mark: str) -> Figure:
        """Return the days from a time among the marks, or the latest of ``events`` or ``contacts``."""
        return Figure("days", (mark,))

    @property
    def days_since_last_order(self) -> Figure:
        """Days since the latest purchase."""
        return self.days_since("last_bought")

    @property
    def tenure_days(self) -> Figure:
        """Days since the first purchase."""
        return self.days_since("first_bought")

    @property
    def horizon_days(self) -> Figure:
        """Length of the horizon."""
        return self.given(_horizon_days)

    def given(self, read: Callable[[int, int], float]) -> Figure:
        """Return what a function makes of `as_of` and `horizon_days`, the same for every customer."""
        return Figure("given", (read,))


KNOWN = Known()


def _horizon_days(_: int, horizon_days: int) -> float:
    return horizon_days


def _combine(operation: str, *operands: Figure | float) -> Figure:
    return Figure(operation, tuple(_figure(operand) for operand in operands))


def _figure(operand: Figure | float) -> Figure:
    return operand if isinstance(operand, Figure) else Figure("constant", (float(operand),))
