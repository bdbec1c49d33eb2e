"""What a check comes to, in a sentence."""

from __future__ import annotations

from training.check.findings import Severity
from training.check.result import CheckResult
from training.wording import count

_TOO_LITTLE = ("few_customers", "no_examples")
"""Kinds of findings with which there is nothing worth learning from."""


def say_verdict(result: CheckResult) -> tuple[str, str]:
    """Return the worst severity, or `good`, and what it means for a training."""
    errors, warnings = len(result.of(Severity.ERROR)), len(result.of(Severity.WARNING))
    if errors:
        return "error", f"{count(errors, 'error')} to put right before a model can be trained."
    little = {finding.code: finding.text for finding in result.findings if finding.code in _TOO_LITTLE}
    if little:
        return "warning", f"Readable, but too little to learn from: {'; '.join(little.values())}."
    if warnings:
        return "warning", f"Ready to train. {count(warnings, 'warning')} may cost quality."
    return "good", "Ready to train. Nothing stands in the way."
