"""Synthetic businesses of any size, drawn from a stated process whose truth is known.

The process, for customer ``i`` (days ``t`` count from ``start``; parameters are those of `SyntheticConfig`):

- *Attributes* ``a`` (age, income, gender, occupation, region, acquisition channel, consent, loyalty card) are
  drawn first and shift what follows on the log scale; some are unknown.
- *Signup* ``e_i``: before the start (``founding_share``), else uniform over the history.
- *Rate* ``r_i = orders_per_year / 365.25 * Gamma(shape=rate_shape, mean=1) * exp(a'b)``, the effects
  centred so that the mean stays; 0 for ``browsing_share`` of them. ``signup_order_share`` of the other,
  later ones order on the day they sign up.
- *Drop-out*, for good: ``Exponential(m_i)`` after signup (after the start for those from before it),
  ``m_i = Gamma(shape=lifetime_shape, mean=1) * exp(a'c) / lifetime_days``.
- *Orders*: a Poisson process from signup to drop-out, of intensity ``r_i * s(t) * (1 + u_i x_i(t))``.
- *Season* ``s(t)``, by day: ``weekday * (1 + amplitude * cos(2 pi (day_of_year - peak) / 365.25))``.
- *Contacts*: every ``campaign_every_days`` days a random ``contact_share`` of consenting customers is
  addressed, and a random ``holdout_share`` of these held out. ``x_i(t)`` is 1 on the ``response_days`` days
  after the day of a treated contact, else 0. The response ``u_i >= -0.6`` is normal, cut off below, higher
  for bargain hunters: the *true uplift*.
- *Order*: ``1 + Poisson(L_i - 1)`` lines; category by the customer's own taste (Dirichlet), product by
  ``Binomial(K - 1, q_i)`` in a price list sorted by price, quantity ``1 + Poisson(Q_i - 1)``. With
  probability ``d_i`` all lines are 10, 20 or 30 % off. The quality ``q_i`` rises with income and age,
  ``d_i`` falls with it. Equal products in an order are one line.
- *Mean value of an order*, exactly: ``L_i Q_i sum_ck taste_ic Binom(k; K - 1, q_i) price_kc (1 - 0.16 d_i)``.
- *Returns*: each line with probability ``p_i``, whole, as an order of its own, 2 to ``return_within_days``
  days later.
- *Events* follow visits, orders, contacts and latents, never the future. Service requests rise and
  recommendations fall with ``m_i``.

Prices are multiples of 0.10, so all money is exact in cents. Timestamps are UTC without zone, within the
channel's opening hours. Customers are drawn in blocks, each by generators of its own, so a block is the same
whatever was drawn before it, and only a few are in memory. What is true of the future at any moment: `truth`.

Examples
--------
>>> tables = build_tables(SyntheticConfig(customers=3, days=90))
>>> tables.customers["customer_id"].to_list()
['C0000000', 'C0000001', 'C0000002']
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from training.synthetic_business.config import Stream, SyntheticConfig
from training.synthetic_business.contacts import build_contacts, draw_contacts
from training.synthetic_business.customers import draw_customers
from training.synthetic_business.events import build_events
from training.synthetic_business.pricelist import PriceList, create_price_list
from training.synthetic_business.purchases import draw_purchases
from training.synthetic_business.transactions import build_transactions
from training.synthetic_business.truth import draw_future_values, truth, upgrade_probability

__all__ = [
    "SyntheticConfig",
    "SyntheticTables",
    "TablesWritten",
    "build_block",
    "build_tables",
    "draw_future_values",
    "truth",
    "upgrade_probability",
    "write_tables",
]

TABLES = ("transactions", "customers", "events", "contacts", "truth")
ROW_GROUP_ROWS = 1_000_000
BLOCKS_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class SyntheticTables:
    """The four tables, and ``truth``: the latent parameters, one row a customer."""

    transactions: pl.DataFrame
    customers: pl.DataFrame
    events: pl.DataFrame
    contacts: pl.DataFrame
    truth: pl.DataFrame


@dataclass(frozen=True, slots=True)
class TablesWritten:
    """Where the tables were written, and how many rows each has."""

    transactions: Path
    customers: Path
    events: Path
    contacts: Path
    truth: Path
    rows: dict[str, int]


def build_block(config: SyntheticConfig, block: int, prices: PriceList | None = None) -> SyntheticTables:
    """Return all tables of one block of customers, each sorted by time.

    Parameters
    ----------
    config : SyntheticConfig
    block : int
        0 to ``config.blocks - 1``.
    prices : PriceList, optional
        The config's price list, where it has been drawn already.

    Returns
    -------
    SyntheticTables
    """
    prices = prices or create_price_list(config)
    customers, attributes = draw_customers(config, prices, block)
    contacts = draw_contacts(config, customers, block)
    treated = contacts.treated_by_campaign(config.campaigns, len(customers))
    rng = config.create_generator(Stream.PURCHASES, block)
    purchases = draw_purchases(config, prices, customers, treated, rng, 0, config.days)
    transactions = build_transactions(config, prices, customers, purchases, rng, block)
    rng = config.create_generator(Stream.EVENTS, block)
    return SyntheticTables(
        transactions=transactions,
        customers=attributes,
        events=build_events(config, customers, purchases.orders, contacts, rng),
        contacts=build_contacts(config, customers, contacts),
        truth=customers.build_frame(),
    )


def build_tables(config: SyntheticConfig) -> SyntheticTables:
    """Return all tables in memory, block after block; for sizes that fit."""
    blocks = list(_build_blocks(config))
    return SyntheticTables(**{name: pl.concat([getattr(block, name) for block in blocks]) for name in TABLES})


def write_tables(folder: Path, config: SyntheticConfig) -> TablesWritten:
    """Write all tables to Parquet files, one block of customers in memory after the other.

    Parameters
    ----------
    folder : Path
        Made where it does not exist; files of the same names in it are overwritten.
    config : SyntheticConfig

    Returns
    -------
    TablesWritten
        ``transactions.parquet`` and so on, and ``truth.parquet``, in row groups of a million rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {name: folder / f"{name}.parquet" for name in TABLES}
    with ExitStack() as stack:
        writers = {name: stack.enter_context(RowGroupWriter(path)) for name, path in paths.items()}
        for block in _build_blocks(config):
            for name, writer in writers.items():
                writer.write(getattr(block, name))
    return TablesWritten(**paths, rows={name: writer.rows for name, writer in writers.items()})


def _build_blocks(config: SyntheticConfig) -> Iterator[SyntheticTables]:
    """Yield all blocks in order; a few are drawn beside each other, never more."""
    build = partial(build_block, config, prices=create_price_list(config))
    with ThreadPoolExecutor(BLOCKS_AT_ONCE) as pool:
        coming = iter(range(config.blocks))
        waiting = [pool.submit(build, block) for block in islice(coming, BLOCKS_AT_ONCE)]
        while waiting:
            yield waiting.pop(0).result()
            waiting.extend(pool.submit(build, block) for block in islice(coming, 1))


class RowGroupWriter:
    """A Parquet file that frames are appended to, in row groups of one size whatever the frames' sizes.

    Parameters
    ----------
    path : Path
    row_group_rows : int
        Rows of every row group but the last.
    """

    def __init__(self, path: Path, row_group_rows: int = ROW_GROUP_ROWS) -> None:
        self.path = path
        self.row_group_rows = row_group_rows
        self.rows = 0
        self._held: list[pa.Table] = []
        self._held_rows = 0
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> RowGroupWriter:
        """Return itself; the file is opened with the first frame, whose columns it takes."""
        return self

    def __exit__(self, *error: object) -> None:
        """Write what is held back, and close the file."""
        if self._writer is not None:
            self._flush(self._held_rows)
            self._writer.close()

    def write(self, frame: pl.DataFrame) -> None:
        """Append the rows of a frame."""
        table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        self._writer = self._writer or pq.ParquetWriter(self.path, table.schema, compression="zstd")
        self._held.append(table)
        self._held_rows += len(table)
        self.rows += len(table)
        self._flush(self._held_rows - self._held_rows % self.row_group_rows)

    def _flush(self, rows: int) -> None:
        if not rows or self._writer is None:
            return
        held = pa.concat_tables(self._held)
        self._writer.write_table(held.slice(0, rows), row_group_size=self.row_group_rows)
        self._held = [held.slice(rows)]
        self._held_rows -= rows
