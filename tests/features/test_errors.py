from __future__ import annotations

import pickle

import pytest

from features.errors import ConfigError, DataError, SourceError, UptierError, find_nearest, suggest


@pytest.mark.parametrize("error", [ConfigError("x"), SourceError("x"), DataError("events", ["x"])])
def test_every_error_is_caught_as_one(error: UptierError) -> None:
    with pytest.raises(UptierError):
        raise error


def test_data_error_lists_all_violations_on_one_line() -> None:
    error = DataError("events", ["column 'kind' is missing", "column 'timestamp' is Boolean"])

    assert str(error) == "events: column 'kind' is missing; column 'timestamp' is Boolean"
    assert error.violations == ("column 'kind' is missing", "column 'timestamp' is Boolean")


def test_data_error_travels_between_processes() -> None:
    error = pickle.loads(pickle.dumps(DataError("events", ["a", "b"])))

    assert (error.table, error.violations) == ("events", ("a", "b"))


def test_nearest_name_ignores_case() -> None:
    assert find_nearest("CUSTOMERID", ["timestamp", "Customer ID"]) == "Customer ID"
    assert find_nearest("xyz", ["timestamp"]) is None
    assert suggest("xyz", ["timestamp"]) == ""
