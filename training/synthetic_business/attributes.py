"""What the business knows of its synthetic customers: attributes that hint at the latent parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from training.synthetic_business.config import Floats, Ints, SyntheticConfig

AGE_ON_RATE = 0.2
AGE_ON_QUALITY = 0.25
INCOME_ON_QUALITY = 0.5


@dataclass(frozen=True, slots=True)
class Attribute:
    """A categorical attribute: its values, their shares, and what each does on the log scale."""

    name: str
    values: tuple[str | bool, ...]
    shares: tuple[float, ...]
    rate: tuple[float, ...]
    quality: tuple[float, ...]
    leaving: tuple[float, ...]
    stated: bool = False

    def centred(self, effect: tuple[float, ...]) -> Floats:
        """Return the effects shifted so that the mean of their exponentials is 1."""
        shift = np.log(np.dot(self.shares, np.exp(effect)))
        centred: Floats = np.asarray(effect) - shift
        return centred


_NONE5 = (0.0,) * 5
ATTRIBUTES = (
    Attribute(
        "gender", ("F", "M", "X"), (0.55, 0.42, 0.03), (0.1, -0.1, 0.0), (0.1, -0.1, 0.0), (0.0,) * 3, True
    ),
    Attribute(
        "occupation",
        ("employee", "self_employed", "student", "retired", "other"),
        (0.5, 0.12, 0.12, 0.16, 0.1),
        _NONE5,
        (0.1, 0.3, -0.6, 0.0, -0.1),
        (0.0, 0.0, 0.3, -0.2, 0.0),
        True,
    ),
    Attribute(
        "region",
        ("North", "South", "East", "West", "Capital"),
        (0.2, 0.2, 0.15, 0.2, 0.25),
        (-0.05, 0.0, -0.15, 0.0, 0.15),
        (-0.1, 0.0, -0.3, 0.1, 0.3),
        _NONE5,
    ),
    Attribute(
        "acquisition_channel",
        ("organic", "paid_search", "social", "referral", "store"),
        (0.35, 0.25, 0.15, 0.1, 0.15),
        (0.05, -0.2, -0.35, 0.35, 0.15),
        (0.0, -0.1, -0.2, 0.2, 0.1),
        (-0.1, 0.3, 0.5, -0.4, -0.2),
    ),
    Attribute("email_consent", (True, False), (0.7, 0.3), (0.1, -0.15), (0.0, 0.0), (-0.1, 0.2)),
    Attribute("loyalty_card", (True, False), (0.4, 0.6), (0.2, -0.1), (0.1, 0.0), (-0.4, 0.2)),
)
REGIONS = next(attribute.values for attribute in ATTRIBUTES if attribute.name == "region")


def pick(rng: np.random.Generator, shares: tuple[float, ...] | Floats, size: int) -> Ints:
    """Draw ``size`` categories 0, 1, … with these shares."""
    edges = np.cumsum(shares) / np.sum(shares)
    return np.minimum(np.searchsorted(edges, rng.random(size), side="right"), len(edges) - 1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class People:
    """What customers are like: categories by attribute, age and income as standard normal numbers."""

    codes: dict[str, Ints]
    age: Floats
    income: Floats

    @property
    def rate_effect(self) -> Floats:
        """Factor on the purchase rate, 1 on average."""
        return np.exp(AGE_ON_RATE * self.age - AGE_ON_RATE**2 / 2 + self._sum("rate"))

    @property
    def leaving_effect(self) -> Floats:
        """Factor on the drop-out rate, 1 on average."""
        return np.exp(self._sum("leaving"))

    @property
    def quality_effect(self) -> Floats:
        """What is added to the logit of the price quality."""
        return INCOME_ON_QUALITY * self.income + AGE_ON_QUALITY * self.age + self._sum("quality")

    def _sum(self, kind: str) -> Floats:
        parts = [each.centred(getattr(each, kind))[self.codes[each.name]] for each in ATTRIBUTES]
        total: Floats = np.sum(parts, axis=0)
        return total

    def build_frame(
        self, config: SyntheticConfig, rng: np.random.Generator, ids: pl.Series, signup_day: Floats
    ) -> pl.DataFrame:
        """Return the ``customers`` table; what customers state themselves is missing at random."""
        signup_date = np.datetime64(config.start, "D") + np.floor(signup_day).astype("timedelta64[D]")
        known = [ids, pl.Series("signup_date", signup_date)]
        stated = [
            pl.Series("age", np.clip(np.rint(44 + 15 * self.age), 18, 90).astype(np.int64)),
            pl.Series("income", np.rint(np.exp(10.4 + 0.45 * self.income) / 100) * 100),
        ]
        for attribute in ATTRIBUTES:
            column = pl.Series(attribute.name, attribute.values).gather(self.codes[attribute.name])
            (stated if attribute.stated else known).append(column)
        hidden = [pl.Series(rng.random(len(ids)) < config.missing_share) for _ in stated]
        return pl.DataFrame(
            [*known, *(column.set(gap, None) for column, gap in zip(stated, hidden, strict=True))]
        )


def draw_people(rng: np.random.Generator, size: int) -> People:
    """Draw what ``size`` customers are like."""
    codes = {attribute.name: pick(rng, attribute.shares, size) for attribute in ATTRIBUTES}
    return People(codes, rng.standard_normal(size), rng.standard_normal(size))
