"""From tables to a promoted model: check, snapshots, labels, fitting, backtesting, tracking, promotion.

This layer knows the future of a snapshot, so labels live here and nowhere below. It uses `features` for what
was known at a moment and `models` for what learns from it. It must not know who asks for a prediction:
nothing of `serving`, HTTP or FastAPI, and of the command line no more than functions that the command calls.
MLflow is imported in `training.tracking` only, and only when used.
"""
