"""`uptier.toml`: its sections put together, read once at the edge, every key and value checked."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from features.declarations import Dimension
from features.errors import ConfigError
from features.schemas import SCHEMAS
from features.tables import TablesConfig
from models.settings_errors import build_config_error, check_environment
from models.target import TargetConfig


def _check_timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError('expected an IANA time zone such as "UTC" or "Europe/Berlin"')
    return name


def _check_currency(code: str) -> str:
    if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
        raise ValueError('expected three capital letters such as "EUR"')
    return code


def _check_shared_value(text: str) -> str:
    column, colon, value = text.partition(":")
    columns = {each.name for each in SCHEMAS["transactions"].columns if each.kind in {"id", "text"}}
    if not column.strip() or (colon and not (column in columns and value.strip())):
        raise ValueError(
            'expected a column of transactions with a text, "category:ORGANIC", or a kind of event'
        )
    return text


DIMENSIONS: tuple[str, ...] = get_args(Dimension)
Weight = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ProjectConfig(_Section):
    """The section `[project]`: what the business is called, its money, its clock, its folder."""

    name: str = Field("uptier", min_length=1, max_length=100, description="name of the project")
    currency: Annotated[str, AfterValidator(_check_currency)] = Field(
        "EUR", description="currency of every amount, ISO 4217"
    )
    timezone: Annotated[str, AfterValidator(_check_timezone)] = Field(
        "UTC", description="zone of timestamps that carry none, IANA name"
    )
    workspace: Path = Field(
        Path("workspace"), description="folder for models, scores, reports, rejects and the MLflow store"
    )


class TrainingConfig(_Section):
    """The section `[training]`: how a model is trained."""

    snapshots: Literal["auto"] | Annotated[int, Field(ge=1, le=200)] = Field(
        "auto", description='moments of the past to learn from: "auto", or how many'
    )
    seed: int = Field(7, ge=0, le=2**31 - 1, description="seed of everything random")
    time_budget_s: int = Field(
        600, ge=10, le=604_800, description="seconds; a training that takes longer says so, with the remedy"
    )


class TrackingConfig(_Section):
    """The section `[tracking]`: where runs and models are recorded."""

    uri: str = Field("", description="empty: an SQLite store in the workspace; else an MLflow server")
    model: str = Field("", description="registered model name; empty: the project's name")


class DimensionsConfig(_Section):
    """The section `[dimensions]`: what makes a best customer."""

    weights: dict[Dimension, Weight] = Field(
        {}, description="weight of a dimension in the best-customer score, 1 where not given"
    )
    values: tuple[Annotated[str, AfterValidator(_check_shared_value)], ...] = Field(
        (), description='what expresses shared values: "category:ORGANIC", "product_id:…", or a kind of event'
    )


class ServingConfig(_Section):
    """The section `[serving]`: what the service reads."""

    store: str = Field("", description="score store; empty: SQLite in the workspace, else postgresql://…")
    playbook: str = Field("", description="TOML file of actions; empty: the built-in one")
    follow_s: float = Field(1, ge=0.1, le=3600, description="seconds between two looks at the registry")
    max_body_mb: float = Field(16, gt=0, le=1024, description="largest body of a request, in MB")
    max_in_flight: int = Field(
        256, ge=1, le=100_000, description="requests that one worker answers at a time; more are told to wait"
    )
    max_rate: float = Field(
        0, ge=0, le=1e6, description="requests a key may send one worker a second; 0: any number"
    )
    timeout_s: float = Field(30, gt=0, le=3600, description="seconds that an answer may take")
    access_log: bool = Field(True, description="write a line of JSON to stderr for every request")
    log_salt: str = Field(
        "", exclude=True, description="salt of the hashed ids in the log; empty: a new one at every start"
    )


def _refuse_scalar(section: object) -> object:
    if not isinstance(section, Mapping | BaseModel):
        raise ValueError("expected a section with keys")
    return section


class Settings(BaseSettings):
    """Everything that `uptier.toml` says, frozen; `UPTIER_<SECTION>__<KEY>` in the environment overrides.

    Sections are declared beside what they configure where that is below this module, else here.
    Use `load_settings` to read a file; it resolves relative paths too.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="UPTIER_", env_nested_delimiter="__", validate_default=True
    )

    project: ProjectConfig = Field(ProjectConfig(), description="the business")
    tables: Annotated[TablesConfig, BeforeValidator(_refuse_scalar)] = Field(description="where the data is")
    target: TargetConfig = Field(TargetConfig(), description="what is predicted")
    training: TrainingConfig = Field(TrainingConfig(), description="how it is learnt")
    tracking: TrackingConfig = Field(TrackingConfig(), description="where runs and models are recorded")
    dimensions: DimensionsConfig = Field(DimensionsConfig(), description="what makes a best customer")
    serving: ServingConfig = Field(ServingConfig(), description="what the service reads")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, and nothing else have a say."""
        return env_settings, init_settings


def load_settings(path: Path) -> Settings:
    """Read `uptier.toml`, let the environment override, check it all, resolve relative paths.

    Parameters
    ----------
    path
        The file. Relative sources, workspace and playbook are relative to its folder.

    Raises
    ------
    ConfigError
        The file is missing or no TOML, a key is unknown, or a value is not what its key expects; one line
        that names the file, the key, what was found and what was expected.
    """
    document = _read_toml(path)
    check_environment(Settings)
    try:
        settings = Settings(**document)
    except ValidationError as error:
        raise build_config_error(Settings, error, path) from error
    return _resolve_paths(settings, path.absolute().parent)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; run `uptier init FILE...` to write one") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a folder, expected a TOML file") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error


def _resolve_paths(settings: Settings, folder: Path) -> Settings:
    project = settings.project.model_copy(
        update={"workspace": folder / settings.project.workspace.expanduser()}
    )
    playbook = settings.serving.playbook
    serving = settings.serving.model_copy(update={"playbook": playbook and str(folder / playbook)})
    sections = {"project": project, "tables": settings.tables.resolved(folder), "serving": serving}
    return settings.model_copy(update=sections)
