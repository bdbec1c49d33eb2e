"""What each of the four tables holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "time", "money", "number", "text", "flag"]


@dataclass(frozen=True)
class Column:
    """A column that the product knows.

    Attributes
    ----------
    name : str
        Ours.
    kind : str
        ``id``, ``time``, ``money``, ``number``, ``text`` or ``flag``.
    required : bool
        Whether a row without it is rejected.
    words : str
        Meaning and unit.
    """

    name: str
    kind: Kind
    required: bool
    words: str


@dataclass(frozen=True)
class TableSchema:
    """What a table holds.

    Attributes
    ----------
    name : str
        Name of the table.
    columns : tuple of Column
        The known ones.
    open : bool
        Whether further columns are attributes and stay what they are.
    """

    name: str
    columns: tuple[Column, ...]
    open: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the known columns."""
        return tuple(column.name for column in self.columns)


_CUSTOMER = Column("customer_id", "id", True, "who; the same id in every table")

SCHEMAS: dict[str, TableSchema] = {
    schema.name: schema
    for schema in (
        TableSchema(
            "transactions",
            (
                _CUSTOMER,
                Column("timestamp", "time", True, "when the line was bought or returned"),
                Column("amount", "money", True, "what the line came to; negative for a return or refund"),
                Column("order_id", "id", False, "the order the line belongs to"),
                Column("product_id", "id", False, "what was bought"),
                Column("category", "text", False, "the product's category"),
                Column("quantity", "number", False, "pieces"),
                Column("discount", "money", False, "money taken off"),
                Column("cost", "money", False, "what the line cost the seller"),
                Column("channel", "text", False, "where it was bought: shop, web, app, phone"),
                Column("seller_id", "id", False, "who sold it, where there are several"),
                Column("region", "text", False, "where the customer or the shop is"),
            ),
        ),
        TableSchema("customers", (_CUSTOMER,), open=True),
        TableSchema(
            "events",
            (
                _CUSTOMER,
                Column("timestamp", "time", True, "when it happened"),
                Column(
                    "kind", "text", True, "what happened: visit, email_open, complaint, referral or any other"
                ),
                Column("value", "number", False, "how much of it: a rating, a score, minutes"),
                Column("channel", "text", False, "where it happened"),
                Column("campaign_id", "id", False, "the campaign it belongs to"),
            ),
        ),
        TableSchema(
            "contacts",
            (
                _CUSTOMER,
                Column("timestamp", "time", True, "when the customer was contacted, or held out"),
                Column("campaign_id", "id", True, "the campaign"),
                Column("treated", "flag", False, "false: held out on purpose"),
                Column("channel", "text", False, "how the customer was contacted"),
                Column("cost", "money", False, "what the contact cost"),
                Column("offer", "text", False, "what was offered"),
            ),
        ),
    )
}
"""The four tables by name."""
