from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

import uptier
from tests.training.bases import build_lines, write_config

COMMANDS = typer.main.get_group(uptier.app).commands


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(uptier.app, [str(each) for each in arguments])


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    build_lines().write_csv(tmp_path / "lines.csv")
    write_config(tmp_path, {"transactions": "lines.csv"})
    return tmp_path


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_sentence_and_an_example(name: str) -> None:
    words = COMMANDS[name].help or ""

    assert words.split("\n")[0].endswith(".")
    assert f"Example: uptier {name}" in words
    assert all(getattr(each, "help", None) for each in COMMANDS[name].params), "an option without help"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_a_config_and_misses_it_in_one_line(name: str) -> None:
    needed = {"init": ["no/such.csv"], "promote": ["3"]}.get(name, [])

    done = run(name, *needed, "--config", "no/such.toml")

    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.output


@pytest.mark.parametrize("arguments", [["score"], ["promote", "3"], ["promote", "challenger"], ["rollback"]])
def test_without_a_model_one_line_says_so(shop: Path, arguments: list[str]) -> None:
    done = run("--config", shop / "uptier.toml", *arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "uptier train" in done.stderr


def test_no_models_are_no_error(shop: Path) -> None:
    assert "no model yet" in run("--config", shop / "uptier.toml", "models").stdout
    assert json.loads(run("--config", shop / "uptier.toml", "models", "--json").stdout)["versions"] == []


def test_a_moment_that_is_none_is_one_line(shop: Path) -> None:
    for name in ("train", "score"):
        done = run("--config", shop / "uptier.toml", name, "--as-of", "yesterday")

        assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
        assert "expected ISO 8601" in done.stderr


def test_a_workspace_that_is_a_file_is_one_line(shop: Path) -> None:
    (shop / "workspace").touch()

    done = run("--config", shop / "uptier.toml", "check")

    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert "workspace: File exists" in done.stderr


def test_a_full_disk_is_one_line(shop: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, str(Path(uptier.__file__)), "check"],
            cwd=shop, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip

    assert done.returncode == 2
    assert done.stderr.splitlines() == ["uptier: reading or writing failed: No space left on device"]


@pytest.mark.parametrize("kind", [pl.exceptions.PanicException, pl.exceptions.ComputeError])
def test_what_polars_says_is_one_line(
    shop: Path, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    def fail(*_: object) -> None:
        raise kind("something\nin many lines")

    monkeypatch.setattr("training.check.tables.check_and_save", fail)

    done = run("--config", shop / "uptier.toml", "check")

    assert done.exit_code == 2
    assert done.stderr == "uptier: the data can't be worked on: something\n"


def test_help_and_version_answer() -> None:
    assert "check" in run("--help").stdout
    assert run("-h").exit_code == 0
    assert run("--version").stdout.startswith("uptier ")
    assert run().exit_code == 2
    assert "Example: uptier check" in run("check", "--help").stdout


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    code = "import sys, uptier; print({'polars', 'altair', 'numpy', 'pyarrow'} & set(sys.modules))"
    path = str(Path(uptier.__file__).parent)

    done = subprocess.run([sys.executable, "-c", code], cwd=path, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"


def test_from_files_to_a_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    build_lines().rename({"customer_id": "Customer ID", "timestamp": "Order Date"}).write_csv(
        tmp_path / "orders.csv"
    )

    init = run("--config", tmp_path / "uptier.toml", "init", tmp_path / "orders.csv")
    check = run("check")

    assert (init.exit_code, init.stderr) == (0, "")
    assert "customer_id = Customer ID" in init.stdout
    assert (check.exit_code, check.stderr) == (0, "")
    assert "rows read =" in check.stdout
    assert (tmp_path / "workspace" / "reports" / "check.html").exists()
    assert pl.read_parquet(tmp_path / "workspace" / "rejected.parquet").is_empty()


def test_json_is_all_that_a_program_gets(shop: Path) -> None:
    done = run("--config", shop / "uptier.toml", "check", "--json")

    content = json.loads(done.stdout)
    assert (done.exit_code, done.stderr) == (0, "")
    assert content["counts"]["errors"] == 0
    assert content == json.loads((shop / "workspace" / "reports" / "check.json").read_text(encoding="utf-8"))


def test_init_as_json(tmp_path: Path) -> None:
    build_lines().write_csv(tmp_path / "orders.csv")

    done = run("init", tmp_path / "orders.csv", "--config", tmp_path / "u.toml", "--json")

    assert json.loads(done.stdout)["tables"]["transactions"]["columns"]["amount"] == "amount"
    assert done.exit_code == 0


def test_config_before_or_after_the_command() -> None:
    assert "one.toml: no such file" in run("--config", "one.toml", "check").stderr
    assert "two.toml: no such file" in run("--config", "one.toml", "check", "--config", "two.toml").stderr


def test_bad_data_is_exit_2_with_one_line_and_the_report(shop: Path) -> None:
    write_config(shop, {"transactions": "lines.csv"}, {"amount": "prise"})

    done = run("--config", shop / "uptier.toml", "check")

    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("uptier: transactions")
    assert "prise" in done.stderr
    assert (shop / "workspace" / "reports" / "check.json").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["chekc"], "No such command 'chekc'"),
        (["check", "--jsn"], "No such option"),
        (["init"], "Missing argument"),
        (["init", "no/such.csv"], "no such file"),
        (["--config", "nothing.toml", "check"], "nothing.toml: no such file"),
    ],
)
def test_wrong_use_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)

    done = run(*arguments)

    assert done.exit_code == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_init_does_not_replace_a_config(shop: Path) -> None:
    before = (shop / "uptier.toml").read_text(encoding="utf-8")

    refused = run("init", shop / "lines.csv", "--config", shop / "uptier.toml")

    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert (shop / "uptier.toml").read_text(encoding="utf-8") == before
    assert run("init", "--force", shop / "lines.csv", "--config", shop / "uptier.toml").exit_code == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"customer_id^timestamp^amount\na^2024-01-01^1\nb^2024-01-01^1\n", "is missing"),
        (b"PAR1 and then nothing", "truncated"),
        (b"PK\x03\x04 a workbook", "Excel"),
    ],
)
def test_a_bad_file_is_one_line(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "lines.dat").write_bytes(content)
    write_config(tmp_path, {"transactions": "lines.dat"})

    done = run("--config", tmp_path / "uptier.toml", "check")

    assert done.exit_code == 2
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_database(tmp_path: Path) -> None:
    try:
        socket.create_connection(("127.0.0.1", 5432), timeout=1).close()
    except OSError:
        pytest.skip("no PostgreSQL at 127.0.0.1:5432")
    query = (
        "SELECT 'c' || i % 50 AS customer_id, i % 9 + 1.5 AS amount, "
        "timestamp '2024-01-01' - i * interval '1 day' AS timestamp FROM generate_series(1, 400) i"
    )
    table = '[tables.transactions]\nsource = "postgresql://{}127.0.0.1:5432/test"\nquery = """{}"""'

    write_config(tmp_path, {}, more=table.format("postgres@", query))
    good = run("--config", tmp_path / "uptier.toml", "check", "--json")
    write_config(tmp_path, {}, more=table.format("nobody:s3cret@", query))
    refused = run("--config", tmp_path / "uptier.toml", "check")

    assert json.loads(good.stdout)["rows"] == {"read": 400, "good": 400, "rejected": 0}
    assert refused.exit_code == 2
    assert "refuses" in refused.stderr
    assert "s3cret" not in refused.output


def test_an_interrupt_is_no_traceback(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("training.check.tables.check_and_save", interrupt)

    done = run("--config", shop / "uptier.toml", "check")

    assert done.exit_code == 130
    assert done.output == "uptier: interrupted; what was there stays as it was\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--budget", "5"], "--budget needs --cost: what one contact costs"),
        (["--budget", "5", "--cost", "0"], "--cost is 0, expected more than 0"),
        (["--min-probability", "2"], "--min-probability is 2, expected 0 to 1"),
        (
            ["--segment", "valued"],
            "segment 'valued': who is valued already is no candidate; there are lapsed",
        ),
    ],
)
def test_candidates_that_nobody_can_be_are_refused_in_the_words_of_the_command(
    shop: Path, arguments: list[str], says: str
) -> None:
    (shop / "workspace").mkdir()
    kept = shop / "workspace" / "candidates.csv"
    kept.write_text("the last list")

    done = run("--config", shop / "uptier.toml", "candidates", *arguments)

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"uptier: {says}")
    assert kept.read_text() == "the last list"
