"""What is found at the edges of texts is what polars finds by cutting them."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.text_edges import find_edges
from features.values import PLACEHOLDERS

LOOSE = ord(" ") + 1
TEXT = st.one_of(
    st.none(),
    st.text(st.sampled_from("\0\t !0.aé日"), max_size=4),
    st.text(st.sampled_from("ab.0é日 "), min_size=10, max_size=18),  # beyond 12 bytes it lies elsewhere
)
TEXTS = st.lists(TEXT, max_size=8)


def find_by_cutting(texts: pl.Series) -> tuple[bool, bool]:
    loose = (texts < "!").any() or (texts.str.tail(1) < "!").any()
    return bool(loose), bool(texts.str.ends_with(".0").any())


@given(TEXTS, TEXTS, st.integers(0, 4))
def test_edges_of_any_text(one: list[str | None], other: list[str | None], skipped: int) -> None:
    series = pl.Series(one, dtype=pl.String).append(pl.Series(other, dtype=pl.String))
    for texts in (series, series[skipped:], series.rechunk()[skipped:], series.reverse(), series.unique()):
        assert find_edges(texts, LOOSE)[:2] == find_by_cutting(texts)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("C17850", (False, False)),
        ("17850.0", (False, True)),
        ("a long name with blanks within", (False, False)),
        ("a long name with a blank behind ", (True, False)),
        (" a long name with a blank before", (True, False)),
        ("", (True, False)),
        ("0", (False, False)),
        ("\u00a0", (False, False)),
    ],
)
def test_edges_of_one_text(text: str, found: tuple[bool, bool]) -> None:
    assert find_edges(pl.Series([None, text, "x"]), LOOSE)[:2] == found


def test_a_column_without_text_has_no_edges() -> None:
    assert find_edges(pl.Series([None, None], dtype=pl.String), LOOSE) == (False, False, False)
    assert find_edges(pl.Series([], dtype=pl.String), LOOSE) == (False, False, False)


@pytest.mark.parametrize("placeholder", PLACEHOLDERS)
def test_no_placeholder_is_overlooked(placeholder: str) -> None:
    assert find_edges(pl.Series(["C17850", placeholder]), LOOSE)[2]


@pytest.mark.parametrize("text", ["C17850", "n", "North", "0", "a long name that begins with nothing", ""])
def test_other_texts_are_no_placeholders(text: str) -> None:
    assert not find_edges(pl.Series([text]), LOOSE)[2]
