"""scikit-learn's checks feed tables of one to ten columns; ours have two or three of fixed meaning.

These subclasses give an estimator as many columns as it knows: the first of them, and zeros where
there are fewer. All else that the checks see is the estimator itself.
"""

from __future__ import annotations

import numpy as np

from models.bgnbd import BGNBD, MBGNBD
from models.columns import FixedColumns
from models.gamma_gamma import GammaGamma
from models.ladder import CrmRule, LastPeriod, RfmCells
from models.likelihood import FloatArray
from models.pareto_nbd import ParetoNBD


class AnyWidth(FixedColumns):
    def _select(self, X: FloatArray) -> FloatArray:
        known = len(self.columns)
        return super()._select(np.column_stack([X, np.zeros((len(X), known))])[:, :known])


class AnyWidthBGNBD(AnyWidth, BGNBD): ...


class AnyWidthMBGNBD(AnyWidth, MBGNBD): ...


class AnyWidthParetoNBD(AnyWidth, ParetoNBD): ...


class AnyWidthGammaGamma(AnyWidth, GammaGamma): ...


class AnyWidthLastPeriod(AnyWidth, LastPeriod): ...


class AnyWidthCrmRule(AnyWidth, CrmRule): ...


class AnyWidthRfmCells(AnyWidth, RfmCells): ...
