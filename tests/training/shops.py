"""Exports as shop systems write them: the same 400 made-up orders in the clothes of each."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.training.bases import write_csv


class Line(NamedTuple):
    """A line of an order; the first of each order is marked."""

    customer: int
    order: int
    moment: dt.datetime
    quantity: int
    price: float
    first: bool


def build_lines() -> list[Line]:
    """Return the lines of 400 orders of 60 customers over two years."""
    return list(_draw_lines())


def _draw_lines() -> Iterator[Line]:
    dice = random.Random(7)
    for order in range(400):
        moment = dt.datetime(2022, 1, 1, 8) + dt.timedelta(days=order * 1.8, minutes=dice.randrange(600))
        customer = dice.randrange(13000, 13060)
        for line in range(dice.randrange(1, 4)):
            yield Line(
                customer,
                536365 + order,
                moment,
                dice.randrange(1, 9),
                round(dice.uniform(0.5, 20), 2),
                line == 0,
            )


def comma(number: float) -> str:
    """Return a number as Germans write it."""
    return f"{number:.2f}".replace(".", ",")


def american(moment: dt.datetime) -> str:
    """Return a moment as Americans write it."""
    return f"{moment.month}/{moment.day}/{moment:%Y %H:%M}"


def write_online_retail(path: Path) -> Path:
    """Write UCI's and Kaggle's Online Retail II; every tenth line has no customer, ids end in .0."""
    header = [
        "Invoice",
        "StockCode",
        "Description",
        "Quantity",
        "InvoiceDate",
        "Price",
        "Customer ID",
        "Country",
    ]
    rows = [
        (
            line.order,
            f"8{line.quantity:04d}A",
            "MUG",
            line.quantity,
            line.moment.strftime("%Y-%m-%d %H:%M:%S"),
            line.price,
            "" if number % 10 == 0 else f"{line.customer}.0",
            "United Kingdom",
        )
        for number, line in enumerate(build_lines())
    ]
    return write_csv(path, header, rows)


def write_online_retail_american(path: Path) -> Path:
    """Write the older Online Retail, with American dates."""
    header = [
        "InvoiceNo",
        "StockCode",
        "Description",
        "Quantity",
        "InvoiceDate",
        "UnitPrice",
        "CustomerID",
        "Country",
    ]
    rows = [
        (
            line.order,
            "85123A",
            "MUG",
            line.quantity,
            american(line.moment),
            line.price,
            line.customer,
            "France",
        )
        for line in build_lines()
    ]
    return write_csv(path, header, rows)


def write_shopify(path: Path) -> Path:
    """Write Shopify's orders export: what is the order's stands on its first line only."""
    header = [
        "Name",
        "Email",
        "Financial Status",
        "Paid at",
        "Accepts Marketing",
        "Currency",
        "Subtotal",
        "Shipping",
        "Taxes",
        "Total",
        "Discount Code",
        "Discount Amount",
        "Shipping Method",
        "Created at",
        "Lineitem quantity",
        "Lineitem name",
        "Lineitem price",
        "Lineitem sku",
        "Billing Name",
        "Billing Country",
        "Refunded Amount",
        "Vendor",
        "Id",
        "Source",
        "Lineitem discount",
    ]
    rows = []
    for line in build_lines():
        of_order = [
            "paid",
            f"{line.moment} -0500",
            "yes",
            "USD",
            "55.00",
            "5.00",
            "0.00",
            "60.00",
            "",
            "0.00",
            "Standard",
        ]
        at_first = of_order if line.first else [""] * len(of_order)
        rows.append(
            [
                f"#{line.order}",
                f"u{line.customer}@example.com",
                *at_first,
                f"{line.moment} -0500",
                line.quantity,
                "Mug",
                f"{line.price:.2f}",
                "SKU-1",
                "Jane Doe",
                "US",
                "0.00",
                "Acme",
                line.order + 10**12 if line.first else "",
                "web",
                "0.00",
            ]
        )
    return write_csv(path, header, rows)


def write_woocommerce(path: Path) -> Path:
    """Write an export as WooCommerce's plugins do, with semicolons and decimal commas."""
    header = [
        "Order Number",
        "Order Status",
        "Order Date",
        "Customer User ID",
        "Billing Email",
        "Billing Country",
        "Item Name",
        "SKU",
        "Quantity",
        "Item Cost",
        "Order Total Amount",
        "Order Currency",
    ]
    rows = [
        (
            line.order,
            "completed",
            line.moment.strftime("%Y-%m-%d %H:%M"),
            line.customer,
            f"u{line.customer}@example.com",
            "DE",
            "Tasse",
            "T-1",
            line.quantity,
            comma(line.price),
            "45,00",
            "EUR",
        )
        for line in build_lines()
    ]
    return write_csv(path, header, rows, ";")


def write_german(path: Path) -> Path:
    """Write what a German merchandise system exports."""
    header = [
        "Bestellnummer",
        "Kundennummer",
        "Bestelldatum",
        "Artikelnummer",
        "Warengruppe",
        "Menge",
        "Gesamtpreis",
    ]
    rows = [
        (
            line.order,
            line.customer,
            line.moment.strftime("%d.%m.%Y"),
            "A-1",
            "Tee",
            line.quantity,
            comma(line.price),
        )
        for line in build_lines()
    ]
    return write_csv(path, header, rows, ";")


def write_french(path: Path) -> Path:
    """Write French names with accents."""
    header = ["N° commande", "Code client", "Date commande", "Référence article", "Quantité", "Prix unitaire"]
    rows = [
        (line.order, line.customer, line.moment.strftime("%d/%m/%Y"), "A-1", line.quantity, comma(line.price))
        for line in build_lines()
    ]
    return write_csv(path, header, rows, ";")


def write_nameless(path: Path) -> Path:
    """Write columns whose names say nothing."""
    rows = [(line.order, line.customer, line.moment.date(), f"{line.price:.2f}") for line in build_lines()]
    return write_csv(path, ["a", "b", "c", "d"], rows)
