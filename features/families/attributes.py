"""Attributes, and events of the business's own kinds: families that depend on its vocabulary."""

from __future__ import annotations

from features.attributes import Attribute, Vocabulary
from features.declarations import Family, Feature, Reading, literal
from features.events import KINDS


def create_attributes(vocabulary: Vocabulary) -> Family:
    """Return the family of a business's attributes; categories are codes of the vocabulary."""
    family = Family("attributes", "growth_potential", "customers", changeable=False)
    if vocabulary.attributes:
        features = tuple(
            Feature(
                f"attribute_{attribute.name}",
                {"number": "", "flag": "", "date": "days", "category": ""}[attribute.kind],
                family.dimension,
                family.name,
                _write_words(attribute),
                family.changeable,
                family.needs,
                labels=attribute.labels,
                theme=f"the customer's {attribute.name.replace('_', ' ')}",
            )
            for attribute in vocabulary.attributes
        )
        family.readings.append(Reading(features, lambda view: view.attributes))
    return family


def _write_words(attribute: Attribute) -> str:
    name = literal(attribute.name.replace("_", " ").strip())
    return f"{{value}} since {name}" if attribute.kind == "date" else f"{name}: {{value}}"


def create_own_kinds(vocabulary: Vocabulary) -> Family:
    """Return the family of events that the product does not know, each counted under its own name."""
    family = Family("own events", "engagement", "events")
    for kind in vocabulary.kinds:
        if kind not in KINDS:
            words = f"{{value}} of kind {literal(kind)} {{window}}"
            family.totals(f"events:{kind}", f"event_{kind}", "events", words)
    return family
