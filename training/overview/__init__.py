"""Computes what pages show beside scores, from tables and scores, when scores are published."""

from __future__ import annotations

from training.overview.build import build_overview
from training.overview.details import build_details

__all__ = ["build_details", "build_overview"]
