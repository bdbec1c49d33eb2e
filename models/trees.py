"""Trees: boosted trees out of LightGBM's text as arrays, and a compiled walk down all of them.

LightGBM learns the trees, but need not be there to ask them: a call for each of twenty models would cost a
request more than all else. The walk gives LightGBM's raw predictions to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from features.compiled import compiled
from features.timeline import BoolArray, FloatArray, IntArray, read_only

_CATEGORY, _LEFT_IF_UNKNOWN, _MISSING = 1, 2, 12  # bits of LightGBM's decision type
_MISSING_IS_NAN = 8
BLOCK = 512
"""Rows that stay in the processor's cache."""

Tree = Mapping[str, Sequence[float]]
"""A tree as LightGBM writes it: lists of figures by name."""

_OF_NODES = ("split_feature", "threshold", "decision_type", "left_child", "right_child", "internal_count")
_OF_LEAVES = ("leaf_value", "leaf_count")
_READ = {*_OF_NODES, *_OF_LEAVES}


class Trees(NamedTuple):
    """Bags of trees. A child that is not a node is a leaf: -1, -2, ... are the leaves 0, 1, ...

    Attributes
    ----------
    columns : int64 array, shape (nodes,)
        Column that each node asks.
    thresholds : float64 array, shape (nodes,)
        What is not above goes left.
    unknown_left : bool array, shape (nodes,)
        Whether NaN goes left.
    left, right : int64 array, shape (nodes,)
    leaves : float64 array, shape (leaves,)
        What each leaf adds.
    roots : int64 array, shape (trees,)
        First node of each tree, or its only leaf.
    bags : int64 array, shape (bags + 1,)
        First tree of each bag.
    """

    columns: IntArray
    thresholds: FloatArray
    unknown_left: BoolArray
    left: IntArray
    right: IntArray
    leaves: FloatArray
    roots: IntArray
    bags: IntArray

    @classmethod
    def from_texts(cls, texts: Sequence[str]) -> Trees:
        """Read bags of trees, one from each of LightGBM's texts.

        Raises
        ------
        ValueError
            If a tree splits on categories.
        """
        bags = [list(read_trees(text)) for text in texts]
        parts: dict[str, list[Any]] = {name: [] for name in cls._fields}
        nodes = leaves = 0
        for tree in (tree for bag in bags for tree in bag):
            splits = len(tree["leaf_value"]) - 1
            parts["roots"].append([nodes if splits else -1 - leaves])
            parts["leaves"].append(tree["leaf_value"])
            if splits:
                for name, child in (("left", "left_child"), ("right", "right_child")):
                    at = np.array(tree[child], dtype=np.int64)
                    parts[name].append(np.where(at < 0, at - leaves, at + nodes))
                parts["columns"].append(tree["split_feature"])
                parts["thresholds"].append(tree["threshold"])
                parts["unknown_left"].append(
                    [goes_left(*node) for node in zip(tree["decision_type"], tree["threshold"], strict=True)]
                )
            nodes, leaves = nodes + splits, leaves + splits + 1
        parts["bags"] = [[0], np.cumsum([len(bag) for bag in bags])]
        kinds = {"thresholds": np.float64, "leaves": np.float64, "unknown_left": np.bool_}
        return cls(
            **{
                name: read_only(np.concatenate([np.zeros(0), *part]).astype(kinds.get(name, np.int64)))
                for name, part in parts.items()
            }
        )

    def raw(self, X: npt.NDArray[np.float32 | np.float64]) -> FloatArray:
        """Return the sum of the bags' raw predictions, shape (n,).

        Parameters
        ----------
        X : float array, shape (n, columns)
            NaN is unknown.
        """
        total = np.empty(len(X))
        for at in range(0, len(X), BLOCK):
            rows = np.ascontiguousarray(X[at : at + BLOCK])
            _walk(rows, self, total[at : at + BLOCK])
        return total

    def over(self, columns: Sequence[int]) -> Trees:
        """Return the trees that read a table whose `columns` are theirs."""
        return self._replace(columns=read_only(np.array(columns, dtype=np.int64)[self.columns]))


def join_trees(models: Sequence[Trees]) -> Trees:
    """Return the bags of several models, one after the other, to be asked at once."""
    nodes, leaves, trees = (
        np.cumsum([0, *(len(getattr(each, name)) for each in models)])
        for name in ("columns", "leaves", "roots")
    )
    parts: dict[str, list[Any]] = {name: [] for name in Trees._fields}
    for i, model in enumerate(models):
        for name in Trees._fields:
            part = getattr(model, name)
            if name in ("left", "right", "roots"):
                part = np.where(part < 0, part - leaves[i], part + nodes[i])
            parts[name].append(part[i > 0 :] + trees[i] if name == "bags" else part)
    return Trees(**{name: read_only(np.concatenate(part)) for name, part in parts.items()})


def read_trees(text: str) -> Iterator[Tree]:
    """Read out of LightGBM's text what tells how its trees decide, and for how many customers."""
    body = text[: text.index("end of trees")]
    for block in body.split("\nTree=")[1:]:
        pairs = (line.partition("=") for line in block.splitlines()[1:])
        yield {name: list(map(float, values.split())) for name, _, values in pairs if name in _READ}


def goes_left(decision: float, threshold: float) -> bool:
    """Return whether a node sends what is unknown to the left.

    Parameters
    ----------
    decision : float
        LightGBM's decision type.
    threshold : float
    """
    kind = int(decision)
    if kind & _CATEGORY or kind & _MISSING not in (0, _MISSING_IS_NAN):
        raise ValueError(f"a tree decides by type {kind}, expected figures with NaN as unknown")
    return bool(kind & _LEFT_IF_UNKNOWN) if kind & _MISSING else threshold >= 0  # else NaN is read as 0


@compiled
def _walk(X: npt.NDArray[np.float32 | np.float64], trees: Trees, total: FloatArray) -> None:
    for row in range(len(X)):
        total[row] = sum_bags(X[row], trees, 0, len(trees.bags) - 1)


@compiled
def sum_bags(x: npt.NDArray[np.float32 | np.float64], trees: Trees, first: int, last: int) -> float:
    """Return the sum of the raw predictions of the bags from `first` to `last` for one row."""
    total = 0.0
    for bag in range(first, last):
        told = 0.0
        for tree in range(trees.bags[bag], trees.bags[bag + 1]):
            node = trees.roots[tree]
            while node >= 0:
                figure = x[trees.columns[node]]
                if figure <= trees.thresholds[node] or (np.isnan(figure) and trees.unknown_left[node]):
                    node = trees.left[node]
                else:
                    node = trees.right[node]
            told += trees.leaves[-1 - node]
        total += told
    return total
