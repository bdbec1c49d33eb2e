"""Charts of the console, declared with Altair and drawn in the browser.

A colour is written as ``@main`` and the like; the page puts in those of its light or dark appearance.
"""
