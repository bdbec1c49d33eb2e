"""Scores and candidates by the command: files, tables, the score store."""

from __future__ import annotations

import csv
import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

import uptier
from features.clock import to_microseconds
from models.bundle import save_bundle
from models.candidates import Wanted, choose_candidates
from models.registry import Registry
from models.score_store.query import CustomerQuery
from models.score_store.store import ScoreStore
from models.scorer import fit_scorer
from models.settings import Settings, load_settings
from training.candidate_list import choose_from_base
from training.customer_base import CustomerBase
from training.fit import fit_predictor
from training.publish import publish_scores
from training.reach import add_reach
from training.rolling import create_fitting
from training.source_history import read_history
from training.synthetic import SyntheticConfig, write_tables
from training.tracking import Tracking
from training.training_record import DatasetRecord, TrainingRecord

AS_OF = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
BUSINESS = SyntheticConfig(customers=600, days=420, seed=3)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    written = write_tables(folder, BUSINESS)
    tables = ("transactions", "customers", "events", "contacts")
    sections = [f'[tables.{name}]\nsource = "{getattr(written, name).name}"\n' for name in tables]
    path = folder / "uptier.toml"
    path.write_text('[project]\nname = "shop"\n[target]\nhorizon_days = 60\n' + "".join(sections))
    register_quickly(load_settings(path), folder)
    return path


def register_quickly(settings: Settings, folder: Path) -> None:
    """Register a model that was learnt from one moment and never judged."""
    source = read_history(settings, AS_OF)
    predictor = fit_predictor(create_fitting(settings, source), snapshots=1)
    scorer = fit_scorer(predictor, source.history, settings.target, settings.dimensions.weights)
    save_bundle(folder / "bundle", scorer.to_bundle(settings.model_dump(mode="json"), AS_OF))
    record = TrainingRecord(
        config={"project": {"name": "shop"}},
        figures={},
        headline={},
        about={},
        dataset=DatasetRecord(source="shop", digest="d" * 64, rows=1, last=AS_OF),
        features=predictor.catalogue.names,
        as_of=AS_OF,
        examples=({"customer_id": "c1"},),
        outputs=({"customer_id": "c1", "expected_value": 1.0, "reasons": {}},),
    )
    Tracking(Registry.open(settings)).record(record, folder / "bundle", None)


@pytest.fixture(scope="module")
def settings(config: Path) -> Settings:
    return load_settings(config)


def run(config: Path, *arguments: object) -> Any:
    done = CliRunner().invoke(uptier.app, ["--config", str(config), *map(str, arguments)])
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_published_scores_are_those_that_are_written(config: Path, settings: Settings) -> None:
    told = run(
        config, "score", "--as-of", "2024-03-01", "--publish", "--output", config.with_name("s.parquet")
    )
    scores = pl.read_parquet(config.with_name("s.parquet"))

    store = ScoreStore.open(settings)
    rows = [
        row for batch in store.stream(CustomerQuery(sort="customer_id", descending=False)) for row in batch
    ]
    published = store.current()

    assert published is not None
    assert told.splitlines()[1].startswith(f"published as number {published.number}: ")
    assert pl.DataFrame(rows, schema=scores.schema | {}).equals(scores)
    assert (published.as_of, published.customers) == (AS_OF, len(scores))
    assert {"region", "days_since_last_contact", "consent"} < set(published.columns)
    assert published.starts == CustomerBase.open(settings, AS_OF).scorer.starts(to_microseconds(AS_OF))
    assert published.overview["scored"] == len(scores)
    assert (store.detail(scores["customer_id"][0]) or {})["happenings"] >= 0
    store.dispose()


def test_the_store_and_the_command_choose_the_same_candidates(config: Path, settings: Settings) -> None:
    publish_scores(settings, AS_OF)
    store = ScoreStore.open(settings)
    for wanted in (
        Wanted(),
        Wanted(budget=60, cost_per_contact=2, not_contacted_days=20),
        Wanted(segment="volume", min_probability=0.05, region="North"),
    ):
        ours, theirs = choose_from_base(CustomerBase.open(settings, AS_OF), wanted), store.candidates(wanted)
        assert theirs.customers.select(ours.customers.columns).equals(ours.customers)
        assert theirs.summary == ours.summary
    store.dispose()


def test_candidates_as_a_crm_wants_them(config: Path) -> None:
    target = config.with_name("list.csv")
    told = json.loads(
        run(
            config, "candidates", "--as-of", "2024-03-01", "--budget", 30, "--cost", 2,
            "--min-probability", 0.01, "--not-contacted-days", 5, "--output", target, "--json",
        )
    )  # fmt: skip
    with target.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert told["contacts"] == len(rows) == 15
    assert told["cost"] == 30
    assert list(rows[0])[:4] == ["customer_id", "upgrade_probability", "upgrade_gap", "upgrade_value"]
    assert all(row["action"] and row["channel"] and row["upgrade_reasons"] for row in rows)
    assert all(float(row["upgrade_probability"]) >= 0.01 for row in rows)
    assert all(
        not row["days_since_last_contact"] or float(row["days_since_last_contact"]) >= 5 for row in rows
    )


def test_filters_of_candidates(config: Path) -> None:
    for option, column, value in (("--segment", "segment", "volume"), ("--region", "region", "North")):
        run(
            config,
            "candidates",
            "--as-of",
            "2024-03-01",
            option,
            value,
            "--output",
            config.with_name("l.parquet"),
        )
        assert set(pl.read_parquet(config.with_name("l.parquet"))[column]) <= {value}


def test_what_is_explained_adds_up_from_the_average_customer(config: Path, settings: Settings) -> None:
    base = CustomerBase.open(settings)
    customer = base.score(reasons=0).sort("expected_value", descending=True)["customer_id"][0]
    said = run(config, "explain", customer).splitlines()
    steps = [line.rpartition(": ")[2] for line in said if line.startswith("  value: ")]
    amounts = [float(step.replace(",", "").removeprefix("EUR ")) for step in steps]
    expected = base.score(base.find(customer), reasons=0)["expected_value"][0]
    assert next(line for line in said if line.startswith("  value")).startswith("  value: a typical customer")
    assert sum(amounts) == pytest.approx(expected, abs=0.05)
    assert any(line.startswith("  churn: a typical customer: ") for line in said)


def test_what_is_explained_begins_with_what_happened(config: Path, settings: Settings) -> None:
    base = CustomerBase.open(settings)
    row = base.score(reasons=0).sort("expected_value", descending=True).row(0, named=True)
    lines = base.source.tables.of(row["customer_id"]).transactions.collect()
    said = run(config, "explain", row["customer_id"]).splitlines()
    orders, first = lines.filter(pl.col("amount") > 0)["order_id"].n_unique(), lines["timestamp"].dt.date()
    assert said[1].startswith(f"history: {orders} orders since {first.min()!s}, EUR ")
    assert f"EUR {lines['amount'].sum():,.2f} together" in said[1]
    assert f"of which EUR {row['trailing_value']:,.2f} in the last 60 days" in said[1]
    assert any(line.startswith("  20") and ": order of EUR " in line for line in said)
    assert any(line.startswith(f"orders: {row['expected_orders']:.1f} expected; the next ") for line in said)
    (told,) = json.loads(run(config, "explain", row["customer_id"], "--json"))
    assert told["expected_value"] == pytest.approx(row["expected_value"])
    assert told["history"]["timeline"]["day"][-1] >= told["history"]["timeline"]["day"][0]


def test_who_never_ordered_has_no_history(config: Path, settings: Settings) -> None:
    base = CustomerBase.open(settings, AS_OF)
    never = base.score(reasons=0).filter(pl.col("evidence").is_in(["none", "attributes"]))["customer_id"][0]
    assert run(config, "explain", never, "--as-of", "2024-03-01").splitlines()[1] == "history: no order yet"


def test_only_the_chosen_are_explained_and_the_list_is_the_same(settings: Settings) -> None:
    base = CustomerBase.open(settings, AS_OF)
    everybody = add_reach(base.score(reasons=3), base.source)
    for wanted in (
        Wanted(limit=9),
        Wanted(budget=100, cost_per_contact=3, segment="volume"),
        Wanted(channel="e-mail", limit=7),
    ):
        chosen, expected = choose_from_base(base, wanted), choose_candidates(everybody, wanted)
        assert chosen.customers.equals(expected.customers.select(chosen.customers.columns))
        assert chosen.summary == expected.summary
        assert len(chosen.customers) > 0


def test_upgrades_are_not_said_to_come_of_contacts(config: Path) -> None:
    said = run(
        config, "candidates", "--as-of", "2024-03-01", "--limit", 9, "--output", config.with_name("9.csv")
    )
    assert said.startswith("9 of ")
    first, heading, *named = said.splitlines()
    assert " customers; expected among them, contacted or not: " in first
    assert heading == "the first of them:"
    with config.with_name("9.csv").open(newline="") as file:
        listed = [row["customer_id"] for row in csv.DictReader(file)]
    assert [line.split(":")[0].strip() for line in named[::3]] == listed[:5]
    assert all(line.startswith("    why: ") for line in named[1::3])


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--region", "Nort"), "region 'Nort': no customer has it; did you mean 'North'?"),
        (("--region", "Atlantis"), "region 'Atlantis': no customer has it; known are Capital, East, "),
        (("--channel", "emial"), "channel 'emial': no customer has it; did you mean 'e-mail'?"),
        (("--segment", "volum"), "unknown segment 'volum'; did you mean 'volume'?"),
        (("--seller", "S1"), "seller_id 'S1': target.by_seller is not set"),
    ],
)
def test_a_filter_that_nobody_could_meet_leaves_the_last_list(
    config: Path, asked: tuple[str, str], says: str
) -> None:
    target = config.with_name("kept.csv")
    target.write_text("last week's list")
    options = ("--config", str(config), "candidates", "--as-of", "2024-03-01", "--output", str(target))
    done = CliRunner().invoke(uptier.app, [*options, *asked])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith(f"uptier: {says}")
    assert target.read_text() == "last week's list"


def test_a_list_that_nobody_fits_is_empty_and_says_so(config: Path) -> None:
    target = config.with_name("empty.csv")
    told = run(
        config, "candidates", "--as-of", "2024-03-01", "--min-probability", 1, "--output", target
    )  # fmt: skip
    assert told.startswith("nobody fits what was asked for; the list is empty: ")
    assert target.read_text().startswith("customer_id,upgrade_probability,")
    assert len(target.read_text().splitlines()) == 1


def test_scoring_imports_nothing_that_only_training_needs(config: Path) -> None:
    target = config.with_name("quick.parquet")
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from models.candidates import Wanted\nfrom models.settings import load_settings\n"
        "from training.candidate_list import choose_from_base, describe_candidates\n"
        "from training.customer_base import CustomerBase\nfrom training.publish import score_and_deliver\n"
        "from training.portrait import Portrait\n"
        "settings = load_settings(Path(sys.argv[1]))\n"
        "score_and_deliver(settings, output=sys.argv[2], reasons=0)\n"
        "base = CustomerBase.open(settings)\n"
        "describe_candidates(choose_from_base(base, Wanted(limit=3)), 'EUR', base.trust)\n"
        "list(Portrait.draw(base, base.source.history.ids[0]).sentences())\n"
        "print({'altair', 'lightgbm', 'mlflow', 'pandas', 'scipy.stats', 'sklearn', 'sqlalchemy'}"
        " & sys.modules.keys())"
    )
    command = [sys.executable, "-c", code, str(config), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("as_of", "now", "says"),
    [
        (AS_OF, AS_OF, []),
        (dt.datetime(2024, 1, 1, tzinfo=dt.UTC), AS_OF, ["it has learned from what came after"]),
        (dt.datetime(2024, 6, 1, tzinfo=dt.UTC), AS_OF, ["92 days before", "the newest line is of"]),
        (None, dt.datetime(2026, 1, 1, tzinfo=dt.UTC), ["days ago, more than a horizon"]),
        (None, dt.datetime(2024, 3, 1, tzinfo=dt.UTC), []),
    ],
)
def test_an_old_model_old_data_and_hindsight_are_told(
    settings: Settings, as_of: dt.datetime | None, now: dt.datetime, says: list[str]
) -> None:
    doubts = list(CustomerBase.open(settings, as_of).doubts(now))
    assert len(doubts) == len(says)
    assert all(word in doubt for word, doubt in zip(says, doubts, strict=True))


def test_a_model_of_another_horizon_than_the_configs_is_told(settings: Settings) -> None:
    other = settings.model_copy(update={"target": settings.target.model_copy(update={"horizon_days": 30})})
    trained = settings.target.horizon_days
    (doubt,) = CustomerBase.open(other, AS_OF).doubts(AS_OF)
    assert doubt == f"version 1 was trained for {trained} days, the config says 30; run: uptier train"


def test_doubts_are_told_on_stderr_and_to_programs(config: Path) -> None:
    options = ["--config", str(config), "score", "--reasons", "0", "--as-of", "2024-01-01", "--json"]
    done = CliRunner().invoke(uptier.app, options)
    assert done.exit_code == 0
    assert done.stderr.startswith("warning: version 1 was trained as of 2024-03-01, later than 2024-01-01")
    assert json.loads(done.stdout)["doubts"] == [
        line.removeprefix("warning: ") for line in done.stderr.splitlines()
    ]


def test_scores_as_csv_cannot_hurt_a_spreadsheet(config: Path) -> None:
    run(config, "score", "--as-of", "2024-03-01", "--output", config.with_name("s.csv"))
    with config.with_name("s.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= BUSINESS.customers * 0.5
    assert not any(cell[:1] in "=@+\t" for row in rows for cell in row.values() if cell)
    assert rows[0]["value_reasons"]


def test_scores_are_the_same_whatever_the_block(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    base = CustomerBase.open(settings, AS_OF)
    whole = base.score(reasons=3)
    monkeypatch.setattr("training.customer_base.BLOCK", 37)
    assert base.score(reasons=3).equals(whole)


def test_without_reasons_there_is_no_column_of_them_and_it_can_be_published(
    config: Path, settings: Settings
) -> None:
    run(config, "score", "--as-of", "2024-03-01", "--publish", "--reasons", 0)
    store = ScoreStore.open(settings)
    assert "reasons" not in store.list(CustomerQuery(limit=1)).customers[0]
    assert "reasons" not in store.candidates(Wanted(limit=1)).customers.columns
    store.dispose()


def test_scores_go_into_a_table(config: Path) -> None:
    told = json.loads(
        run(
            config,
            "score",
            "--as-of",
            "2024-03-01",
            "--output",
            f"sqlite:///{config.parent}/crm.db?table=s",
            "--json",
        )
    )
    assert told["output"].endswith("crm.db, table s")


def test_a_wrong_target_is_one_line_and_nothing_is_scored(config: Path) -> None:
    for target, says in (
        ("scores.xlsx", "ends in .parquet or .csv"),
        ("mysql://me:pw@h/d", "is no database"),
    ):
        done = CliRunner().invoke(uptier.app, ["--config", str(config), "score", "--output", target])
        assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
        assert says in done.stderr
        assert "pw" not in done.stderr
