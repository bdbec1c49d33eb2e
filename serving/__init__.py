"""The service and its console: parse a request, predict, answer.

This layer knows HTTP, API keys, limits and pages; FastAPI is imported here and nowhere else. It uses
`features` to build the history of the customers in a request, exactly as a batch does, and `models` to load a
bundle and predict. It must not know how a model came about: nothing of `training`, no labels, no MLflow.
"""
