"""The score store: published scores, in SQLite or PostgreSQL, read by the service and its console.

A publication is written in one transaction and never changes after it, so that whoever reads sees one
publication or another, never half of one. Knows nothing of HTTP, and nothing of how scores come about.
"""
