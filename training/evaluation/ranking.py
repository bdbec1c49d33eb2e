"""Ranking: customers in the order of a score, and sums along that order.

All sums take *counts*: how many times each customer is counted, shape (draws, customers). Ones give a figure;
draws of them, as in `training.evaluation.resampling`, give the same figure on so many other samples at once.
"""

from __future__ import annotations

import numpy as np

from features.timeline import FloatArray


class Ranking:
    """Customers from the highest score to the lowest, those with equal scores in the order they came in.

    Parameters
    ----------
    score : float64 array, shape (customers,)
    ascending : bool, default=False
        From the lowest to the highest.
    """

    def __init__(self, score: FloatArray, *, ascending: bool = False) -> None:
        self.order = np.argsort(score if ascending else -score, kind="stable")
        keys = score[self.order]
        new = np.ones(len(score), dtype=bool)
        new[1:] = keys[1:] != keys[:-1]
        self._starts = np.flatnonzero(new)
        self._tie = np.empty(len(score), dtype=np.int64)
        self._tie[self.order] = np.cumsum(new) - 1

    def sums(self, amounts: FloatArray) -> FloatArray:
        """Return sums over groups of equal scores, best first: (draws, customers) to (draws, groups)."""
        ranked = amounts[:, self.order]
        if len(self._starts) == len(self.order):
            return ranked
        sums: FloatArray = np.add.reduceat(ranked, self._starts, axis=1)
        return sums

    def positions(self, counts: FloatArray) -> FloatArray:
        """Return each customer's place, equal scores sharing the middle one: shape (draws, customers)."""
        return middles(self.sums(counts))[:, self._tie]

    def heads(self, counts: FloatArray, amounts: FloatArray, sizes: FloatArray) -> FloatArray:
        """Return the sum of amounts over the first so many of the ranked customers.

        Parameters
        ----------
        counts : float64 array, shape (draws, customers)
        amounts : float64 array, shape (customers,)
            Of a customer counted once.
        sizes : float64 array, shape (draws, heads)
            How many customers, as counted; ascending.

        Returns
        -------
        float64 array, shape (draws, heads)
        """
        counted = counts[:, self.order]
        rows = zip(sizes, _run(counted), _run(counted * amounts[self.order]), strict=True)
        return np.stack([np.interp(at, running, gained) for at, running, gained in rows])

    def parts(self, counts: FloatArray, amounts: FloatArray, number: int = 10) -> FloatArray:
        """Return the sum of amounts over parts of equal size, in order: shape (draws, number).

        Where the customers don't divide evenly the first parts have one more, as `numpy.array_split` has it.
        """
        edges = part_edges(counts.sum(axis=1), number)
        return np.diff(self.heads(counts, amounts, edges), axis=1, prepend=0.0)


def part_edges(totals: FloatArray, number: int) -> FloatArray:
    """Return where parts of equal size end, the last at the total: shape (draws, number)."""
    size, rest = np.divmod(totals[:, None], number)
    steps = np.arange(1.0, number + 1)
    edges: FloatArray = steps * size + np.minimum(steps, rest)
    return edges


def middles(sums: FloatArray) -> FloatArray:
    """Return the running total up to the middle of each group, shape (draws, groups)."""
    running: FloatArray = np.cumsum(sums, axis=1) - sums / 2
    return running


def _run(amounts: FloatArray) -> FloatArray:
    return np.pad(np.cumsum(amounts, axis=1), ((0, 0), (1, 0)))
