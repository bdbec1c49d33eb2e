from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from models.consent import find_consent_columns, read_consent


@pytest.mark.parametrize(
    "column",
    [
        "consent", "marketing_consent", "Email Consent", "consent_email", "consentMarketing", "GDPR-consent",
        "opt_in", "optIn", "email_optin", "OptedIn", "newsletter", "newsletter_opt_in", "accepts_marketing",
        "contact_allowed", "contactable", "consent_date", "subscribed", "contact_permission",
        "newsletter_ok", "mail_ok", "ok_to_contact", "consent_given", "opt_in_granted",
    ],
)  # fmt: skip
def test_a_yes_of_these_allows_contact(column: str) -> None:
    assert find_consent_columns([column]) == {column: True}
    assert read_consent(pl.DataFrame({column: [True, False, None]})).to_list() == [True, False, None]


@pytest.mark.parametrize(
    "column",
    [
        "opt_out",
        "optOut",
        "email_opt_out",
        "opted_out",
        "unsubscribed",
        "do_not_contact",
        "DoNotCall",
        "no_marketing",
    ],
)
def test_a_yes_of_these_forbids_it(column: str) -> None:
    assert find_consent_columns([column]) == {column: False}
    assert read_consent(pl.DataFrame({column: [True, False, None]})).to_list() == [False, True, None]


@pytest.mark.parametrize(
    "column",
    [
        "age",
        "consent_source",
        "consent_version",
        "region",
        "adoption",
        "no",
        "last_contact",
        "opt",
        "channel",
    ],
)
def test_these_are_other_attributes(column: str) -> None:
    assert find_consent_columns([column]) == {}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            ["yes", "No", " TRUE ", "0", "opted-in", "Withdrawn", "", None],
            [True, False, True, False, True, False, None, None],
        ),
        (["pending", "unknown", "Y", "n"], [False, None, True, False]),
        ([1, 0, 3, None], [True, False, True, None]),
        ([1.0, 0.0, float("nan"), None], [True, False, None, None]),
        ([dt.date(2024, 5, 1), None], [True, None]),
        ([None, None], [None, None]),
    ],
)
def test_what_people_write(values: list[object], expected: list[bool | None]) -> None:
    assert read_consent(pl.DataFrame({"consent": values}, strict=False)).to_list() == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["yes", "no", "pending", None], [False, True, False, None]),
        ([1, 0, None], [False, True, None]),
        ([dt.datetime(2024, 5, 1), None], [False, None]),
    ],
)
def test_the_same_for_an_opt_out(values: list[object], expected: list[bool | None]) -> None:
    assert read_consent(pl.DataFrame({"opt_out": values}, strict=False)).to_list() == expected


def test_a_single_no_counts() -> None:
    customers = pl.DataFrame(
        {
            "consent": ["yes", "yes", None, None],
            "sms_consent": [True, False, True, None],
            "opt_out": [1, 0, 0, None],
        }
    )
    assert read_consent(customers).to_list() == [False, False, True, None]


def test_without_such_a_column_nothing_is_said() -> None:
    assert read_consent(pl.DataFrame({"age": [1, 2]})).to_list() == [None, None]


@pytest.mark.parametrize(
    ("column", "yes", "no"),
    [
        ("Einwilligung Werbung", "ja", "nein"),
        ("Zustimmung Newsletter", "Ja", "Nein"),
        ("consentement publicité", "oui", "non"),
        ("consentimiento", "sí", "no"),
        ("toestemming", "ja", "nee"),
        ("consent", "ja", "nein"),
    ],
)
def test_consent_is_read_in_other_languages_too(column: str, yes: str, no: str) -> None:
    customers = pl.DataFrame({column: [yes, no, None]})
    assert read_consent(customers).to_list() == [True, False, None]


def test_a_refusal_in_german_is_a_refusal() -> None:
    assert read_consent(pl.DataFrame({"Werbesperre": ["ja", "nein"]})).to_list() == [False, True]


@pytest.mark.parametrize(("yes", "no"), [("J", "N"), ("O", "N"), ("S", "N"), ("Y", "N")])
def test_single_letters_in_several_languages(yes: str, no: str) -> None:
    assert read_consent(pl.DataFrame({"consent": [yes, no]})).to_list() == [True, False]
