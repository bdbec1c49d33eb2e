"""The command `uptier`: predicts what customers will be worth, from the lines they bought.

Every command is a sentence of help, an example and a call of the layer that does the work. What takes long to
import is imported where it is used, so that `uptier --help` answers at once.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from uptier_terminal import (
    DONE,
    REFUSED,
    WRONG,
    AsOfOption,
    ConfigOption,
    JsonOption,
    OneLineErrors,
    complain,
    print_json,
)

if TYPE_CHECKING:
    from models.settings import Settings

DEFAULT_CONFIG = Path("uptier.toml")

app = typer.Typer(
    name="uptier",
    cls=OneLineErrors,
    help="Predicts for every customer future value, churn and upgrade, and says why.",
    invoke_without_command=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        try:
            number = version("uptier")
        except PackageNotFoundError:
            number = "from a checkout that is not installed"
        typer.echo(f"uptier {number}")
        raise typer.Exit(DONE)


@app.callback()
def uptier(
    context: typer.Context,
    config: ConfigOption = None,
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Predicts for every customer future value, churn and upgrade, and says why."""
    context.obj = config
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(WRONG)


def _config_path(context: typer.Context, config: Path | None) -> Path:
    """Return the config file: given after the command, before it, or the default."""
    return config or context.obj or DEFAULT_CONFIG


def _load(context: typer.Context, config: Path | None) -> Settings:
    from models.settings import load_settings

    return load_settings(_config_path(context, config))


@app.command()
def init(
    context: typer.Context,
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Parquet or CSV files, folders, patterns, s3:// and alike."),
    ],
    config: ConfigOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a config file that is there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Look into files, guess what their columns mean, and write a commented uptier.toml.

    Example: uptier init orders.csv customers.csv
    """
    from training.starter.config import describe_guess, save_starter_config
    from training.starter.guess import guess_files

    path = _config_path(context, config)
    guess = guess_files(files)
    save_starter_config(guess, path, force=force)
    if as_json:
        print_json({"config": str(path), **guess.to_dict()})
        return
    for line in describe_guess(guess):
        typer.echo(line)
    typer.echo(f"wrote {path}; look it over, then run: uptier check")


@app.command()
def check(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Read all data once and report what is wrong with it, for people and as JSON.

    Example: uptier check
    """
    import datetime as dt

    from rich.console import Console

    from training.check.findings import Severity
    from training.check.tables import check_and_save
    from training.check.terminal import CheckProgress, print_check

    settings = _load(context, config)
    with CheckProgress(Console(stderr=True)) as progress:
        result, page = check_and_save(settings, dt.datetime.now(dt.UTC), progress)
    if as_json:
        print_json(result.to_dict())
    else:
        print_check(result, Console())
        typer.echo(f"report: {page}")
    errors = result.of(Severity.ERROR)
    if errors:
        more = f" (and {len(errors) - 1} more, see {page})" if len(errors) > 1 else ""
        complain(f"{errors[0].sentence()}{more}")
        raise typer.Exit(WRONG)


@app.command()
def train(
    context: typer.Context,
    as_of: AsOfOption = None,
    no_promote: Annotated[bool, typer.Option("--no-promote", help="Leave the champion as it is.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Promote even if the gate refuses; it is recorded.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Learn from the past, judge the model on it, register it, and promote it when it may be trusted.

    Example: uptier train --as-of 2026-01-01
    """
    from rich.console import Console

    from training.source_history import read_moment
    from training.train import train as run

    settings = _load(context, config)
    moment = read_moment(as_of, settings.project.timezone)
    with Console(stderr=True).status("training") as status:
        trained = run(settings, moment, promote=not no_promote, force=force, say=status.update)
    standing = "promoted" if trained.promoted else "not promoted"
    if as_json:
        print_json({**trained.version.model_dump(mode="json"), "promoted": trained.promoted})
    else:
        for sentence in trained.sentences():
            typer.echo(sentence)
        typer.echo(f"version {trained.version.version}: {standing}; next: uptier score")
        if trained.page:
            typer.echo(f"report: {trained.page}")
    if trained.refused and not no_promote:
        raise typer.Exit(REFUSED)


@app.command()
def score(
    context: typer.Context,
    as_of: AsOfOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="A .parquet or .csv file.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score every customer with the champion, or with the newest model where there is none.

    Example: uptier score --output scores.parquet
    """
    from training.score import save_scores, score_base
    from training.source_history import read_moment

    settings = _load(context, config)
    scores = score_base(settings, read_moment(as_of, settings.project.timezone))
    path = save_scores(scores, output or settings.project.workspace / "scores.parquet")
    summary = {
        "customers": len(scores),
        "output": str(path),
        "expected_value": scores["expected_value"].sum(),
    }
    if as_json:
        print_json(summary)
        return
    value = f"{settings.project.currency} {summary['expected_value']:,.0f}"
    typer.echo(f"{len(scores):,} customers, together worth {value} in the horizon: {path}")


@app.command()
def candidates(
    context: typer.Context,
    limit: Annotated[int | None, typer.Option("--limit", help="At most so many customers.")] = None,
    budget: Annotated[float | None, typer.Option("--budget", help="Money for contacts.")] = None,
    cost: Annotated[float | None, typer.Option("--cost", help="Money that one contact costs.")] = None,
    seller: Annotated[str | None, typer.Option("--seller", help="Of this seller only.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="A .csv or .parquet file.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Choose whom to contact so that they become valued customers, and say what a budget buys.

    Example: uptier candidates --budget 500 --cost 2 --output candidates.csv
    """
    from dataclasses import asdict

    from models.candidates import Wanted
    from training.score import choose_from_base, describe_candidates, save_scores

    settings = _load(context, config)
    wanted = Wanted(limit=limit, budget=budget, cost_per_contact=cost, seller_id=seller)
    chosen = choose_from_base(settings, wanted)
    path = save_scores(chosen.customers, output or settings.project.workspace / "candidates.csv")
    if as_json:
        print_json({**asdict(chosen.summary), "output": str(path)})
    else:
        typer.echo(f"{describe_candidates(chosen, settings.project.currency)}: {path}")


@app.command()
def explain(
    context: typer.Context,
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    as_of: AsOfOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what is predicted of one customer, how sure that is, and why.

    Example: uptier explain 17850
    """
    from training.score import describe_customer, score_base
    from training.source_history import read_moment

    settings = _load(context, config)
    moment = read_moment(as_of, settings.project.timezone)
    scores = score_base(settings, moment, customer=customer, reasons=5)
    lines = [scores.write_json()] if as_json else describe_customer(scores, settings.project.currency)
    typer.echo("\n".join(lines))


@app.command()
def models(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the registered models with their figures.

    Example: uptier models
    """
    from rich.console import Console
    from rich.table import Table

    from training.train import open_registry

    index = open_registry(_load(context, config)).read()
    if as_json:
        print_json(index.model_dump(mode="json"))
        return
    if not index.versions:
        typer.echo("there is no model yet; run: uptier train")
        return
    table = Table("version", "alias", "as of", "serves", "grade", "value Gini", "churn AUC", "upgrade AUC")
    for model in index.versions:
        alias = ", ".join(name for name, number in index.aliases.items() if number == model.version)
        about = (model.about.get(name, "") for name in ("as_of", "served_by", "grade"))
        figures = (model.figures.get(name) for name in ("value.norm_gini", "churn.auc", "upgrade.auc"))
        shown = ("" if figure is None else f"{figure:.3f}" for figure in figures)
        table.add_row(str(model.version), alias, *about, *shown)
    Console().print(table)


@app.command()
def promote(
    context: typer.Context,
    version: Annotated[str, typer.Argument(help="A version's number, or challenger.")],
    config: ConfigOption = None,
) -> None:
    """Make a registered model the champion.

    Example: uptier promote 3
    """
    from training.tracking import Tracking
    from training.train import open_registry

    promoted = Tracking(open_registry(_load(context, config))).promote(version)
    typer.echo(f"version {promoted.version} is the champion")


@app.command()
def rollback(context: typer.Context, config: ConfigOption = None) -> None:
    """Go back to the champion before this one.

    Example: uptier rollback
    """
    from training.tracking import Tracking
    from training.train import open_registry

    restored = Tracking(open_registry(_load(context, config))).rollback()
    typer.echo(f"version {restored.version} is the champion again")


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
