"""Benchmarks: speed and memory against the budgets, as ratios to a reference in the same run.

``make bench`` runs them all and prints a table; ``make bench ARGS=--write`` keeps it in docs/benchmarks.md.
"""
