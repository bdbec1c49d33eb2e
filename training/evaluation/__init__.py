"""Evaluation: how good predictions were, how sure that is, what it is worth, and the page that says so.

Pure functions over arrays: it knows what was predicted and what happened, never how a prediction was made.
"""
