"""The rows that a request brings: those of the four tables, checked once and kept as plain data.

They are typed dictionaries, for pydantic checks these without making an object of every row, and what scores
them wants plain rows anyway.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Required, TypeVar

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, GetPydanticSchema, WithJsonSchema, with_config
from pydantic_core import core_schema
from typing_extensions import TypedDict

from features.rows import EARLIEST, LARGEST, LATEST

LONGEST_ID = 512
LONGEST_TEXT = 1_000
MOST_ROWS = 100_000
TEXT_OF_MOMENT = r"^\d{4}-\d{2}-\d{2}([Tt _].{1,40})?$"
"""ISO 8601 with dashes: pydantic would take digits alone for the seconds since 1970."""


def _moment_schema(earliest: dt.datetime, latest: dt.datetime) -> core_schema.CoreSchema:
    text = core_schema.str_schema(strict=True, pattern=TEXT_OF_MOMENT)
    return core_schema.chain_schema([text, core_schema.datetime_schema(strict=False, ge=earliest, le=latest)])


def word_union(message: str) -> GetPydanticSchema:
    """Return what makes an union say once what it expects, instead of what each of its members does."""

    def schema(source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        found: dict[str, Any] = handler(source)  # type: ignore[assignment]
        union = found["schema"] if found["type"] == "nullable" else found
        union["custom_error_type"], union["custom_error_message"] = "union", message
        return found

    return GetPydanticSchema(schema)


Moment = Annotated[
    dt.datetime,
    GetPydanticSchema(lambda _, __: _moment_schema(EARLIEST, LATEST)),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""ISO 8601; without a zone it is read in the project's."""

Id = Annotated[str, Field(min_length=1, max_length=LONGEST_ID, pattern=r"^[^\x00-\x1f\x7f]+$")]
Text = Annotated[str, Field(max_length=LONGEST_TEXT)]
Figure = Annotated[float, Field(gt=-LARGEST, lt=LARGEST, allow_inf_nan=False)]
Whole = Annotated[int, Field(gt=-int(LARGEST), lt=int(LARGEST))]
Row = TypeVar("Row")
Rows = Annotated[list[Row], Field(fail_fast=True, max_length=MOST_ROWS)]
"""Rows of a table; the first that is wrong ends the reading, for a hundred thousand could be."""

AttributeValue = Annotated[
    bool | Whole | Figure | Text | None,
    word_union("text, a number below 1e12, true, false or null"),
]

_CLOSED = ConfigDict(extra="forbid", strict=True)


@with_config(_CLOSED)
class Line(TypedDict, total=False):
    """A line of an order, or of a return."""

    timestamp: Required[
        Annotated[
            Moment, Field(description="When it was bought or returned.", examples=["2026-01-31T12:00:00Z"])
        ]
    ]
    amount: Required[
        Annotated[
            Figure,
            Field(
                description="What the line came to, in the project's currency; negative for a return.",
                examples=[24.9],
            ),
        ]
    ]
    order_id: Annotated[
        Id | None,
        Field(
            description="The order it belongs to; without it, a day's lines are one order.",
            examples=["10042"],
        ),
    ]
    product_id: Annotated[Id | None, Field(description="What was bought.", examples=["85123A"])]
    category: Annotated[Text | None, Field(description="The product's category.", examples=["COFFEE"])]
    quantity: Annotated[Figure | None, Field(description="Pieces.", examples=[2])]
    discount: Annotated[Figure | None, Field(description="Money taken off.", examples=[0.5])]
    cost: Annotated[Figure | None, Field(description="What the line cost the seller, in money.")]
    channel: Annotated[Text | None, Field(description="Where: shop, web, app, phone.", examples=["web"])]
    seller_id: Annotated[Id | None, Field(description="Who sold it, where there are several.")]
    region: Annotated[Text | None, Field(description="Where the customer or the shop is.")]


@with_config(_CLOSED)
class Event(TypedDict, total=False):
    """Something that a customer did or received."""

    timestamp: Required[Annotated[Moment, Field(description="When.", examples=["2026-01-30T08:15:00Z"])]]
    kind: Required[
        Annotated[
            Text,
            Field(
                min_length=1,
                description="What: visit, email_open, complaint or any other.",
                examples=["visit"],
            ),
        ]
    ]
    value: Annotated[Figure | None, Field(description="How much of it: a rating, a score, minutes.")]
    channel: Annotated[Text | None, Field(description="Where.")]
    campaign_id: Annotated[Id | None, Field(description="The campaign it belongs to.")]


@with_config(_CLOSED)
class Contact(TypedDict, total=False):
    """A contact by the business."""

    timestamp: Required[Annotated[Moment, Field(description="When.", examples=["2026-01-29T09:00:00Z"])]]
    campaign_id: Annotated[Id | None, Field(description="The campaign.", examples=["spring"])]
    treated: Annotated[bool | None, Field(description="False: held out on purpose.")]
    channel: Annotated[Text | None, Field(description="How the customer was contacted.")]
    cost: Annotated[Figure | None, Field(description="What the contact cost, in money.")]
    offer: Annotated[Text | None, Field(description="What was offered.")]


@with_config(_CLOSED)
class Customer(TypedDict, total=False):
    """A customer with everything that is known; nothing but the id is needed."""

    customer_id: Required[
        Annotated[Id, Field(description="Who; no control characters.", examples=["C-1001"])]
    ]
    seller_id: Annotated[Id | None, Field(description="With sellers: whose the lines are that name none.")]
    attributes: Annotated[
        dict[Text, AttributeValue] | None,
        Field(
            description="Columns of the customers table: text, number, true or false; a date as ISO 8601.",
            examples=[{"age": "35-44", "income": "50-74K"}],
        ),
    ]
    transactions: Annotated[Rows[Line] | None, Field(description="Lines, in any order.")]
    events: Annotated[Rows[Event] | None, Field(description="Events, in any order.")]
    contacts: Annotated[Rows[Contact] | None, Field(description="Contacts, in any order.")]


TABLES = ("transactions", "events", "contacts")


def count_rows(customers: Sequence[Any]) -> int:
    """Return how many lines, events and contacts the customers bring."""
    return sum(len(customer.get(name) or ()) for customer in customers for name in TABLES)
