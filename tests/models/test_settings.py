from __future__ import annotations

from pathlib import Path

import pytest

from features.errors import ConfigError
from models.settings import Settings, load_settings

LEAST = '[tables.transactions]\nsource = "lines.csv"\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "uptier.toml"
    path.write_text(text, encoding="utf-8")
    return path


def load(folder: Path, text: str) -> Settings:
    return load_settings(write(folder, text))


def test_a_source_is_all_it_takes(tmp_path: Path) -> None:
    settings = load(tmp_path, LEAST)

    assert settings.target.horizon_days == 90
    assert settings.target.tiers.A == 0.8
    assert settings.training.snapshots == "auto"
    assert settings.project.currency == "EUR"


def test_every_section_is_read(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        LEAST
        + """
        [project]
        name = "shop"
        currency = "GBP"
        timezone = "Europe/London"
        workspace = "w"
        [target]
        horizon_days = 30
        value = "margin"
        valued_share = 0.1
        tiers = { A = 0.7, B = 0.9 }
        by_seller = true
        [training]
        snapshots = 5
        seed = 1
        time_budget_s = 60
        [tracking]
        uri = "http://mlflow:5000"
        model = "m"
        [dimensions]
        weights = { loyalty = 2, growth_potential = 0 }
        values = ["category:ORGANIC", "survey"]
        [serving]
        store = "postgresql://db/scores"
        playbook = "plays.toml"
        """,
    )

    assert settings.target.tiers.B == 0.9
    assert settings.training.snapshots == 5
    assert settings.dimensions.weights == {"loyalty": 2, "growth_potential": 0}
    assert settings.serving.store == "postgresql://db/scores"


def test_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "shop").mkdir()
    write(
        tmp_path / "shop",
        LEAST + '[serving]\nplaybook = "p.toml"\n[tables.events]\nsource = "s3://b/e.parquet"\n',
    )
    monkeypatch.chdir(tmp_path)

    settings = load_settings(Path("shop/uptier.toml"))

    assert settings.tables.transactions.source == str(tmp_path / "shop" / "lines.csv")
    assert settings.tables.events is not None
    assert settings.tables.events.source == "s3://b/e.parquet"
    assert settings.project.workspace == tmp_path / "shop" / "workspace"
    assert settings.serving.playbook == str(tmp_path / "shop" / "p.toml")


def test_a_playbook_left_out_stays_so(tmp_path: Path) -> None:
    assert load(tmp_path, LEAST).serving.playbook == ""


def test_settings_are_frozen(tmp_path: Path) -> None:
    settings = load(tmp_path, LEAST)

    with pytest.raises(ValueError, match="frozen"):
        settings.target.horizon_days = 3  # type: ignore[misc]


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "uptier.toml"
    path.write_bytes(b"\xef\xbb\xbf" + LEAST.encode())

    assert load_settings(path).tables.transactions.source.endswith("lines.csv")


def test_the_environment_overrides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPTIER_TARGET__HORIZON_DAYS", "30")
    monkeypatch.setenv("UPTIER_TARGET__TIERS__A", "0.5")
    monkeypatch.setenv("UPTIER_TRAINING__SNAPSHOTS", "4")
    monkeypatch.setenv("UPTIER_TABLES__TRANSACTIONS__SOURCE", "other.csv")
    monkeypatch.setenv("UPTIER_BENCH_DATA", "/elsewhere")

    settings = load(
        tmp_path, LEAST + "[target]\nhorizon_days = 60\nvalued_share = 0.3\ntiers = { B = 0.9 }\n"
    )

    assert settings.target.horizon_days == 30
    assert settings.target.valued_share == 0.3
    assert (settings.target.tiers.A, settings.target.tiers.B) == (0.5, 0.9)
    assert settings.training.snapshots == 4
    assert settings.tables.transactions.source == str(tmp_path / "other.csv")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("UPTIER_TARGET__HORIZON_DAYS", "soon", 'target.horizon_days is "soon", expected a whole number'),
        ("UPTIER_TARGET__HORIZON", "30", "unknown key target.horizon; did you mean horizon_days?"),
        ("UPTIER_TARGT__HORIZON_DAYS", "30", "unknown section targt; did you mean target?"),
    ],
)
def test_a_wrong_variable_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ConfigError) as caught:
        load(tmp_path, LEAST)

    assert str(caught.value) == f"{name}: {says}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[target]\nhorizn_days = 3", "unknown key target.horizn_days; did you mean horizon_days?"),
        ("[targets]\nhorizon_days = 3", "unknown key targets; did you mean target?"),
        ("[tables.transacions]\nsource = 'x'", "unknown key tables.transacions; did you mean transactions?"),
        ("[tables.events]\nsrc = 'x'\nsource = 'y'", "unknown key tables.events.src; did you mean source?"),
        ("[tables.events]\nquery = 'x'", "tables.events.source is missing; add it"),
        ("[target]\nhorizon_days = 0", "target.horizon_days is 0, expected greater than or equal to 1"),
        ("[target]\nhorizon_days = 4000", "target.horizon_days is 4000, expected less than or equal to 3650"),
        ("[target]\nhorizon_days = 'x'", 'target.horizon_days is "x", expected a whole number'),
        ("[target]\nhorizon_days = 1.5", "target.horizon_days is 1.5, expected a whole number"),
        ("[target]\nvalued_share = 1", "target.valued_share is 1, expected less than 1"),
        ("[target]\nvalue = 'profit'", "target.value is \"profit\", expected 'amount' or 'margin'"),
        ("[target]\nby_seller = 'perhaps'", 'target.by_seller is "perhaps", expected true or false'),
        ("[target]\ntiers = { A = 0.9, B = 0.8 }", "expected A below B, found A = 0.9 and B = 0.8"),
        ("[target]\ntiers = { C = 0.8 }", "unknown key target.tiers.C; known here: A, B"),
        ("[target]\ntiers = 3", "target.tiers is 3, expected a section with keys"),
        ("[project]\ntimezone = 'Mars/Base'", "expected an IANA time zone"),
        ("[project]\ncurrency = 'pounds'", "expected three capital letters"),
        (
            "[training]\nsnapshots = 0",
            "training.snapshots is 0, expected 'auto' or greater than or equal to 1",
        ),
        (
            "[training]\nsnapshots = 'many'",
            "training.snapshots is \"many\", expected 'auto' or a whole number",
        ),
        (
            "[dimensions]\nweights = { loyality = 1 }",
            "unknown key dimensions.weights.loyality; did you mean loyalty?",
        ),
        (
            "[dimensions]\nweights = { loyalty = -1 }",
            "dimensions.weights.loyalty is -1, expected greater than",
        ),
        (
            "[dimensions]\nvalues = ['colour:red']",
            'dimensions.values.0 is "colour:red", expected a column of',
        ),
        ("x = 1", "unknown key x; known here: project, tables, target"),
    ],
)
def test_a_wrong_key_or_value_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        # A key without a section has to come first.
        load(tmp_path, f"{text}\n{LEAST}" if text.startswith("x") else f"{LEAST}\n{text}\n")

    assert str(caught.value).startswith(f"{tmp_path / 'uptier.toml'}: ")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"horizon_days.*; .*valued_share"):
        load(tmp_path, LEAST + "[target]\nhorizon_days = 0\nvalued_share = 7\n")


@pytest.mark.parametrize("text", ["", '[project]\nname = "x"\n', "[tables]\n", 'tables = "x"\n'])
def test_transactions_are_required(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"\btables"):
        load(tmp_path, text)


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, LEAST + '[target]\nhorizon_days = "postgresql://me:secret@db/x"\n')

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[target\n", r"not valid TOML: .*line 1"),
        (b"\xff\xfe[\x00", "not UTF-8"),
    ],
)
def test_what_is_no_toml_is_one_line(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "uptier.toml"
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=says):
        load_settings(path)


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nothing.toml: no such file; run `uptier init"):
        load_settings(tmp_path / "nothing.toml")
    with pytest.raises(ConfigError, match="is a folder"):
        load_settings(tmp_path)
