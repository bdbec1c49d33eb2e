"""What will become of a customer, and why: estimators, reasons, tiers, the bundle and the registry.

This layer knows estimators with scikit-learn's contract, what they are fitted on (arrays and feature tables),
and how a trained model is stored, checked and loaded. It takes arguments only: it has no clock and no default
moment; randomness comes in as a seed.

It must not know how labels are made from the future (that is ``training``), the service or the command; it
imports ``features`` and nothing above itself.
"""
