"""The families of features, and the catalogue of all of them."""

from __future__ import annotations

from features.catalogue import Catalogue
from features.declarations import Family
from features.dialect import Dialect
from features.families.advocacy import ADVOCACY
from features.families.attributes import create_attributes, create_own_kinds
from features.families.breadth import BREADTH
from features.families.communication import COMMUNICATION
from features.families.engagement import ENGAGEMENT
from features.families.frequency import FREQUENCY
from features.families.price_sensitivity import PRICE_SENSITIVITY
from features.families.profitability import PROFITABILITY
from features.families.recency import RECENCY
from features.families.rhythm import RHYTHM
from features.families.season import SEASON
from features.families.spend import SPEND
from features.families.trend import TREND
from features.families.values import VALUES, create_values_events

FAMILIES = (
    RECENCY,
    FREQUENCY,
    SPEND,
    RHYTHM,
    TREND,
    BREADTH,
    PRICE_SENSITIVITY,
    PROFITABILITY,
    SEASON,
    ENGAGEMENT,
    COMMUNICATION,
    ADVOCACY,
    VALUES,
)
"""The families that every project has."""


def create_catalogue(dialect: Dialect, further: tuple[Family, ...] = ()) -> Catalogue:
    """Create the catalogue of a project: the features that its tables feed.

    Parameters
    ----------
    dialect : Dialect
        Tells which tables and columns there are, and brings the customers' attributes and own kinds of
        events.
    further : tuple of Family
        Families that a model brings, such as the statistics of a purchase process.
    """
    vocabulary = dialect.vocabulary
    own = (
        create_values_events(dialect.values_kinds),
        create_own_kinds(vocabulary),
        create_attributes(vocabulary),
    )
    return Catalogue((*FAMILIES, *own, *further), dialect.feeds)
