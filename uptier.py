"""The command `uptier`: predicts what customers will be worth, from the lines they bought.

Every command is a sentence of help, an example and a call of the layer that does the work. What takes long to
import is imported where it is used, so that `uptier --help` answers at once.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

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
    naming_options,
    print_json,
    warn,
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
def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="[FOLDER]", help="Where data and results go; made if need be.")
    ] = Path("demo"),
    port: Annotated[
        int, typer.Option("--port", min=0, max=65_535, help="Port; 0 is any that is free.")
    ] = 8000,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="End after the tour.")] = False,
) -> None:
    """Go from a year of real groceries to a running service: check, train, score, tell, serve.

    Example: uptier demo
    """
    from serving.service import Address, bind
    from serving.service import serve as run
    from training.demo import CONFIG, STEPS, prepare_demo, tell_demo
    from training.progress import StepProgress

    address = Address("127.0.0.1", port)
    bind(address).close()  # a port that is taken is better said now than after the training
    with StepProgress(STEPS) as progress:
        settings = prepare_demo(folder, progress.begin)
    typer.echo("\n".join(tell_demo(settings)))
    if not no_serve:
        run(settings, folder / CONFIG, address, 1, lambda line: typer.echo(line, err=True))


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
    from training.progress import StepProgress
    from training.source_history import read_moment
    from training.train import STEPS
    from training.train import train as run

    settings = _load(context, config)
    moment = read_moment(as_of, settings.project.timezone)
    with StepProgress(len(STEPS), silent=as_json) as progress:
        trained = run(settings, moment, promote=not no_promote, force=force, say=progress.begin)
    if as_json:
        print_json(trained.to_dict())
    else:
        typer.echo("\n".join(trained.sentences()))
        if trained.page:
            typer.echo(f"report: {trained.page}")
    if trained.held_back and not no_promote:
        raise typer.Exit(REFUSED)


@app.command()
def backtest(
    context: typer.Context,
    folds: Annotated[int, typer.Option("--folds", min=1, max=100, help="At most so many windows.")] = 4,
    as_of: AsOfOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit at moments of the past as if they were now, and compare every rung with what came.

    Example: uptier backtest --folds 4
    """
    from rich.console import Console

    from training.backtest import count_steps, run_backtest
    from training.evaluation.report import build_content
    from training.evaluation.terminal import print_backtest
    from training.progress import StepProgress
    from training.source_history import read_moment

    settings = _load(context, config)
    moment = read_moment(as_of, settings.project.timezone)
    with StepProgress(count_steps(folds), silent=as_json) as progress:
        done = run_backtest(settings, folds, moment, say=progress.begin)
    if as_json:
        print_json(build_content(done.backtest, done.results))
    else:
        print_backtest(done.backtest, done.results, Console())
        typer.echo(f"report: {done.page}")


@app.command()
def score(
    context: typer.Context,
    as_of: AsOfOption = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            metavar="TARGET",
            help="A .parquet or .csv file, or a table: postgresql://user@host/database?table=name. What is"
            " there is replaced. workspace/scores.parquet if neither this nor --publish is given.",
            show_default=False,
        ),
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Put them into the score store, where the service reads them.")
    ] = False,
    reasons: Annotated[
        int,
        typer.Option(
            "--reasons", min=0, max=20, help="At most so many each for value, churn and upgrade; 0 is quick."
        ),
    ] = 3,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score every customer with the champion, or with the newest model where there is none.

    Example: uptier score --publish
    """
    from training.publish import score_and_deliver
    from training.source_history import read_moment

    settings = _load(context, config)
    moment = read_moment(as_of, settings.project.timezone)
    done = score_and_deliver(settings, moment, output=output, publish=publish, reasons=reasons)
    warn(done.doubts)
    if as_json:
        print_json(done.to_dict())
    else:
        typer.echo("\n".join(done.sentences(settings.project.currency)))


_CANDIDATE_OPTIONS = {
    "min_probability": "--min-probability",
    "not_contacted_days": "--not-contacted-days",
    "limit": "--limit",
    "budget": "--budget",
    "cost_per_contact": "--cost",
}


@app.command()
def candidates(
    context: typer.Context,
    limit: Annotated[
        int | None, typer.Option("--limit", help="At most so many customers, such as 100.")
    ] = None,
    budget: Annotated[
        float | None, typer.Option("--budget", help="Money for contacts, such as 500; needs --cost.")
    ] = None,
    cost: Annotated[
        float | None, typer.Option("--cost", help="Money that one contact costs, such as 2.")
    ] = None,
    min_probability: Annotated[
        float, typer.Option("--min-probability", help="Least chance of an upgrade, such as 0.1.")
    ] = 0.0,
    segment: Annotated[
        str | None, typer.Option("--segment", help="Of this segment only: lapsed, volume, new or occasional.")
    ] = None,
    region: Annotated[
        str | None, typer.Option("--region", help="Of this region only, such as Germany.")
    ] = None,
    channel: Annotated[
        str | None, typer.Option("--channel", help="To reach by this channel only, such as e-mail.")
    ] = None,
    seller: Annotated[str | None, typer.Option("--seller", help="Of this seller only, such as S17.")] = None,
    not_contacted_days: Annotated[
        float | None,
        typer.Option("--not-contacted-days", help="Not contacted for so many days, such as 30, or never."),
    ] = None,
    as_of: AsOfOption = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output", metavar="TARGET", help="A .csv or .parquet file, or a table, as of uptier score."
        ),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Choose whom to contact so that they become valued customers, and say what a budget buys.

    Example: uptier candidates --budget 500 --cost 2 --output candidates.csv
    """
    import datetime as dt
    from dataclasses import asdict

    from models.candidates import Wanted
    from training.candidate_list import (
        FIRST,
        choose_from_base,
        describe_candidates,
        list_candidates,
        write_candidates,
    )
    from training.customer_base import CustomerBase
    from training.score import check_output
    from training.source_history import read_moment

    settings = _load(context, config)
    with naming_options(_CANDIDATE_OPTIONS):
        wanted = Wanted(
            min_probability, seller, region, channel, segment, not_contacted_days, limit, budget, cost
        )
    target = check_output(output or str(settings.project.workspace / "candidates.csv"))
    base = CustomerBase.open(settings, read_moment(as_of, settings.project.timezone))
    doubts = warn(base.doubts(dt.datetime.now(dt.UTC)))
    chosen = choose_from_base(base, wanted)
    written = write_candidates(chosen, target)
    if as_json:
        print_json({**asdict(chosen.summary), "output": written, "doubts": doubts})
    else:
        typer.echo(f"{describe_candidates(chosen, base.currency, base.trust)}: {written}")
        if chosen.customers.height:
            typer.echo("\n".join(["the first of them:", *list_candidates(chosen, base.currency, FIRST)]))


@app.command()
def explain(
    context: typer.Context,
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    as_of: AsOfOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what one customer did, what is predicted, how sure that is, and why.

    Example: uptier explain 17850
    """
    import datetime as dt

    from training.customer_base import CustomerBase
    from training.portrait import Portrait
    from training.source_history import read_moment

    settings = _load(context, config)
    base = CustomerBase.open(settings, read_moment(as_of, settings.project.timezone))
    portrait = Portrait.draw(base, customer)
    warn(base.doubts(dt.datetime.now(dt.UTC)))
    if as_json:
        print_json(portrait.to_dicts())
        return
    typer.echo("\n".join(portrait.sentences()))


models_app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
app.add_typer(models_app, name="models")


@models_app.callback()
def models(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the registered models with their figures.

    Example: uptier models
    """
    from rich.console import Console

    from training.listing import list_models, read_models

    context.obj = _config_path(context, config)
    if context.invoked_subcommand is not None:
        return
    index, waiting = read_models(_load(context, config))
    if as_json:
        print_json({**index.model_dump(mode="json"), "pending": waiting})
        return
    list_models(index, waiting, Console())


@models_app.command()
def push(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Send the models that were kept on disk while the store was down.

    Example: uptier models push
    """
    from models.registry import Registry
    from training.tracking import Tracking

    pushed = Tracking(Registry.open(_load(context, config))).push_pending()
    if as_json:
        print_json([each.model_dump(mode="json") for each in pushed])
        return
    for each in pushed:
        typer.echo(f"version {each.version} is registered; next: uptier promote {each.version}")
    if not pushed:
        typer.echo("nothing waits to be sent")


@app.command()
def promote(
    context: typer.Context,
    version: Annotated[str, typer.Argument(help="A version's number, or challenger.")],
    config: ConfigOption = None,
) -> None:
    """Make a registered model the champion, even one that the gate refused; that is recorded.

    Example: uptier promote 3
    """
    from models.registry import Registry
    from training.listing import say_promoted
    from training.tracking import Tracking

    typer.echo(say_promoted(Tracking(Registry.open(_load(context, config))).promote(version)))


@app.command()
def rollback(context: typer.Context, config: ConfigOption = None) -> None:
    """Go back to the champion before this one.

    Example: uptier rollback
    """
    from models.registry import Registry
    from training.tracking import Tracking

    restored = Tracking(Registry.open(_load(context, config))).rollback()
    typer.echo(f"version {restored.version} is the champion again")


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option("--host", help="Address; any but loopback needs a key.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65_535, help="Port; 0 is any that is free.")
    ] = 8000,
    workers: Annotated[int, typer.Option("--workers", min=1, max=256, help="Processes that answer.")] = 1,
    config: ConfigOption = None,
) -> None:
    """Answer predictions and lists over HTTP, and show the console.

    Example: uptier serve --port 8000 --workers 2
    """
    from serving.service import Address
    from serving.service import serve as run

    path = _config_path(context, config)
    run(_load(context, config), path, Address(host, port), workers, lambda line: typer.echo(line, err=True))


keys_app = typer.Typer(
    help="API keys: who may ask the service for what.\n\nExample: uptier keys create crm --scope predict",
    no_args_is_help=True,
)
app.add_typer(keys_app, name="keys")


@keys_app.command("create")
def create_key(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Who it is for.")],
    scope: Annotated[
        Literal["predict", "read", "admin"], typer.Option("--scope", help="What it allows; admin is all.")
    ],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create an API key and show it, this once: only a hash of it is stored.

    Example: uptier keys create crm --scope predict
    """
    import datetime as dt

    from serving.keys import Scope, open_keys

    secret, key = open_keys(_load(context, config)).create(name, Scope(scope), dt.datetime.now(dt.UTC))
    if as_json:
        print_json({"id": key.id, "name": key.name, "scope": key.scope, "key": secret})
        return
    typer.echo(secret)
    typer.echo(f"key {key.id} of scope {key.scope} for {key.name}; it is shown only now, keep it", err=True)


@keys_app.command("list")
def list_keys(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the API keys, without their secrets.

    Example: uptier keys list
    """
    from dataclasses import asdict

    from serving.keys import open_keys

    found = open_keys(_load(context, config)).list()
    if as_json:
        print_json([asdict(key) for key in found])
        return
    if not found:
        typer.echo("there is no key yet; create one: uptier keys create NAME --scope predict")
    for key in found:
        standing = f"revoked {key.revoked}" if key.revoked else "valid"
        typer.echo(f"{key.id}  {key.scope:<7}  {key.created}  {standing}  {key.name}")


@keys_app.command("revoke")
def revoke_key(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name or id.")],
    config: ConfigOption = None,
) -> None:
    """Revoke an API key: a running service refuses it within two seconds.

    Example: uptier keys revoke crm
    """
    import datetime as dt

    from serving.keys import open_keys

    key = open_keys(_load(context, config)).revoke(name, dt.datetime.now(dt.UTC))
    typer.echo(f"key {key.id} for {key.name} is revoked")


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
