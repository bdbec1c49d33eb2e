"""The command `uptier`: predicts what customers will be worth, from the lines they bought.

Every command is a sentence of help, an example and a call of the layer that does the work. What takes long to
import is imported where it is used, so that `uptier --help` answers at once.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from features.errors import UptierError

if TYPE_CHECKING:
    from models.settings import Settings

DONE, REFUSED, WRONG = 0, 1, 2
"""Exit codes: done; refused, with the reason; wrong use or bad data."""

DEFAULT_CONFIG = Path("uptier.toml")


class OneLineErrors(TyperGroup):
    """Answers a user's mistake with one line on stderr and exit code 2, never with a traceback."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; leave the process as its exit code says."""
        try:
            code = super().main(*args, **{**kwargs, "standalone_mode": False})
        except typer.TyperException as error:
            _complain(error.format_message())
            code = WRONG
        except UptierError as error:
            _complain(str(error))
            code = WRONG
        sys.exit(code if isinstance(code, int) else DONE)


def _complain(message: str) -> None:
    typer.echo(f"uptier: {' '.join(message.split())}", err=True)


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

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="The config file, ./uptier.toml if not given.", show_default=False
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text.")]


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


def _print_json(content: object) -> None:
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False))


@app.command()
def init(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Parquet or CSV files.")],
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
        _print_json({"config": str(path), **guess.to_dict()})
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
    from training.check.report import save_report
    from training.check.tables import check_tables
    from training.check.terminal import CheckProgress, print_check

    settings = _load(context, config)
    with CheckProgress(Console(stderr=True)) as progress:
        result = check_tables(settings, dt.datetime.now(dt.UTC), progress)
    page = save_report(result, settings.project.workspace / "reports")
    if as_json:
        _print_json(result.to_dict())
    else:
        print_check(result, Console())
        typer.echo(f"report: {page}")
    errors = result.of(Severity.ERROR)
    if errors:
        more = f" (and {len(errors) - 1} more, see {page})" if len(errors) > 1 else ""
        _complain(f"{errors[0].sentence()}{more}")
        raise typer.Exit(WRONG)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
