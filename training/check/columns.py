"""Findings about one table: its rows, its columns, what is missing and what can't be."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from features.events import KINDS
from features.schemas import SCHEMAS
from training.check.column_profile import ColumnProfile
from training.check.customer_codes import CustomerCodes
from training.check.findings import Finding
from training.check.reading_rules import EARLIEST_PLAUSIBLE
from training.check.reasons import parse_reason
from training.check.table_profile import TableProfile
from training.wording import count, percent

REJECTED_TOO_MANY = 0.5
"""Share of rejected rows from which the mapping, and not the data, is wrong."""

_OF_DUPLICATES = {
    "transactions": "right if a customer can buy the same twice in one order; else remove them at the source",
    "events": "right if it can happen twice in the same moment; else remove them at the source",
    "contacts": "a customer is contacted once in a moment; remove them at the source",
}
_DUPLICATES_TO_WARN = 0.01
_ONE_ID_SHARE = 0.01
_ONE_ID_OVER_MEDIAN = 50
_NULLS_TO_WARN = 0.5
_FEW_KINDS = 8

_MEANING = {
    "order_id": "the lines of one customer on one calendar day count as one order",
    "product_id": "breadth of purchase stays unknown",
    "category": "breadth of purchase by category stays unknown",
    "discount": "price sensitivity stays unknown",
    "cost": "profitability counts amounts, not margins",
}
_WHAT_TO_DO = {
    "surplus": "quote text that holds the delimiter",
    "missing": "fill it in where the data comes from, or leave such rows out on purpose",
    "unparsable": "write dates as 2024-12-31 14:05:00, or map the column with an expression",
    "early": "often an empty date stored as 0; leave such rows out or give them their date",
    "late": "correct the date where the data comes from",
    "not_a_number": "map the column with an expression that yields a number",
    "not_finite": "infinite and NaN amounts can't be added up; correct the formula behind them",
    "too_large": "no line comes to that much; look for a wrong unit or a column shifted",
}
"""By the code of the reason."""


def check_rows(profile: TableProfile) -> Iterator[Finding]:
    """Report an empty table, rejected rows by reason, exact duplicates."""
    if not profile.rows:
        severity = Finding.error if profile.name == "transactions" else Finding.warning
        yield severity(
            profile.name, "", "no_rows", "holds no row", "check the source, and the query if there is one"
        )
        return
    rejected = profile.rows - profile.good
    for reason, number in profile.reasons.most_common():
        code, column = parse_reason(reason)
        text = f"{reason} in {count(number, 'row')} ({percent(number / profile.rows)}); rejected"
        advice = _WHAT_TO_DO.get(code, "rejected.parquet shows the rows")
        yield Finding.warning(profile.name, column, "rejected_rows", text, advice, number)
    if rejected > REJECTED_TOO_MANY * profile.rows:
        text = f"{percent(rejected / profile.rows)} of {count(profile.rows, 'row')} are rejected"
        advice = "the column mapping is probably wrong; rejected.parquet shows the rows"
        yield Finding.error(profile.name, "", "mostly_rejected", text, advice, rejected)
    yield from _check_duplicates(profile)


def _check_duplicates(profile: TableProfile) -> Iterator[Finding]:
    if profile.name == "customers":
        if profile.repeated_customers:
            text = f"{count(profile.repeated_customers, 'row')} more than there are customers"
            advice = "give every customer one row; of several, the last one holds"
            yield Finding.warning(
                "customers", "customer_id", "repeated_customers", text, advice, profile.repeated_customers
            )
        return
    if not profile.duplicates:
        return
    share = profile.duplicates / profile.good
    severity = Finding.warning if share >= _DUPLICATES_TO_WARN else Finding.note
    text = f"{count(profile.duplicates, 'row')} ({percent(share)}) equal an earlier row in every column; kept"
    yield severity(
        profile.name, "", "exact_duplicates", text, _OF_DUPLICATES[profile.name], profile.duplicates
    )


def check_customers(profile: TableProfile, codes: CustomerCodes) -> Iterator[Finding]:
    """Report an id that holds far more lines than any customer would, and order ids that several share."""
    if profile.lines is None or profile.lines.is_empty():
        return
    lines_each = profile.lines["customer"].value_counts().sort("count", descending=True)
    most, median = int(lines_each["count"][0]), lines_each["count"].median()
    share = most / len(profile.lines)
    if isinstance(median, float) and share > _ONE_ID_SHARE and most > _ONE_ID_OVER_MEDIAN * median:
        who = codes.decode(lines_each["customer"].head(1))[0]
        text = (
            f'"{who}" holds {count(most, "line")} ({percent(share)}), {most / median:,.0f} times as many as '
            "the median customer; a placeholder?"
        )
        advice = "if it stands for unknown customers, leave these rows out or empty the id"
        yield Finding.warning("transactions", "customer_id", "one_id_for_many", text, advice, most)
    if profile.shared_orders:
        text = f"{count(profile.shared_orders, 'order id')} with several customers each"
        advice = (
            "every customer's part counts as an order; check that order_id is not used again, by another "
            "shop or year, and that customer_id is the customer's"
        )
        yield Finding.warning(
            "transactions", "order_id", "shared_orders", text, advice, profile.shared_orders
        )


def check_optional_columns(profile: TableProfile, *, margin: bool = False) -> Iterator[Finding]:
    """Report optional columns that are not there or hold little; of a margin, that costs are missing."""
    required = {column.name for column in SCHEMAS[profile.name].columns if column.required}
    for column in profile.columns.values():
        if column.name not in {*required, "currency"} and column.nulls and profile.good:
            costs = margin and profile.name == "transactions" and column.name == "cost"
            yield _describe_missing_costs(column) if costs else _describe_nulls(profile, column)
    if profile.name == "transactions":
        absent = [name for name in _MEANING if name not in profile.columns]
        for name in absent:
            yield Finding.note(
                "transactions",
                name,
                "optional_column_absent",
                f"not there: {_MEANING[name]}",
                "map it if you have it",
            )


def _describe_nulls(profile: TableProfile, column: ColumnProfile) -> Finding:
    share = column.nulls / profile.good
    severity = Finding.warning if share >= _NULLS_TO_WARN else Finding.note
    text = (
        "holds nothing"
        if share == 1
        else f"empty or unreadable in {count(column.nulls, 'row')} ({percent(share)})"
    )
    advice = "map another column, or leave it out" if share == 1 else "fine if the value is unknown there"
    return severity(profile.name, column.name, "missing_values", text, advice, column.nulls)


def _describe_missing_costs(column: ColumnProfile) -> Finding:
    text = f"empty in {count(column.nulls, 'row')}, which count as all margin"
    advice = 'fill them, leave these rows out, or set target.value = "amount"'
    return Finding.warning("transactions", "cost", "missing_costs", text, advice, column.nulls)


def check_moments(profile: TableProfile) -> Iterator[Finding]:
    """Report moments that lie in the future or before there were tills that keep them."""
    column = profile.columns.get("timestamp")
    if column is None:
        return
    if column.late:
        text = f"{count(column.late, 'row')} in the future, up to {column.maximum:%Y-%m-%d}"
        advice = "the newest line sets when predictions are made from; correct these dates or remove the rows"
        severity = Finding.error if profile.name == "transactions" else Finding.warning
        yield severity(profile.name, "timestamp", "future_dates", text, advice, column.late)
    if column.early:
        rows = f"{count(column.early, 'row')} before {EARLIEST_PLAUSIBLE.year}"
        text = f"{rows}, down to {column.minimum:%Y-%m-%d}"
        advice = "often an empty date stored as 0, or seconds read as milliseconds; correct or remove them"
        yield Finding.warning(profile.name, "timestamp", "implausible_dates", text, advice, column.early)


def check_kinds(profile: TableProfile) -> Iterator[Finding]:
    """Report kinds of events that the product does not know; a likely misspelling is a warning."""
    unknown = {kind: number for kind, number in profile.kinds.most_common() if kind not in KINDS}
    plain = []
    for kind, number in unknown.items():
        near = difflib.get_close_matches(
            kind.lower().replace("-", "_").replace(" ", "_"), KINDS, n=1, cutoff=0.75
        )
        if near:
            text = f'kind "{kind}" is not known, {near[0]} is; {count(number, "row")}'
            case = f"CASE WHEN kind = '{kind}' THEN '{near[0]}' ELSE kind END"
            advice = f'if it is the same, map it: kind = "{case}"'
            yield Finding.warning("events", "kind", "misspelt_kind", text, advice, number)
        else:
            plain.append(kind)
    if plain:
        listed = ", ".join(plain[:_FEW_KINDS]) + (", …" if len(plain) > _FEW_KINDS else "")
        text = f"{count(len(plain), 'kind')} of events not known to the product: {listed}"
        yield Finding.note(
            "events",
            "kind",
            "unknown_kinds",
            text,
            "counted under their own names",
            sum(unknown[kind] for kind in plain),
        )
