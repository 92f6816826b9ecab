"""Options that several commands share, and the configuration file behind them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer

from walras._words import did_you_mean
from walras.errors import ConfigError


def read_config(context: typer.Context, path: Path | None) -> Path | None:
    """Make the keys of a TOML file the defaults of this command's options; the command line wins over them."""
    if path is None:
        return None
    import tomllib

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); check --config") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not TOML ({error}); repair the file") from None
    names = {
        word.lstrip("-").replace("-", "_"): p for p in context.command.params for word in (p.opts or [str(p.name)])
    }
    names = {name: p for name, p in names.items() if p.name not in ("config", "debug", "help") and len(name) > 1}
    defaults: dict[str, Any] = {}
    for key, value in document.items():
        name = key.replace("-", "_")
        if name not in names:
            raise ConfigError(f"{path}: unknown key {key!r}; {did_you_mean(name, names)}")
        if isinstance(value, dict):
            value = [f"{k}={v}" for k, v in value.items()]
        elif names[name].multiple and not isinstance(value, list):
            value = [value]
        defaults[str(names[name].name)] = value
    context.default_map = {**(context.default_map or {}), **defaults}
    return path


Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else there. (default: a table)")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors. (default: off)")]
Seed = Annotated[int, typer.Option(help="Seed of everything random. (whole number)", min=0)]
Threads = Annotated[int, typer.Option(help="Threads; results do not depend on them. (count; 0 = all cores)", min=0)]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.toml", callback=read_config, is_eager=True, show_default=False,
        help="Options from a TOML file; the command line wins, unknown keys are refused. (default: none)",
    ),
]  # fmt: skip
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error. (default: off)")]
Stamp = Annotated[str, typer.Option(help="Which end of a bar an intraday time is: open or close.")]
Names = Annotated[
    str | None,
    typer.Option(
        help="All column names, comma-separated, or ROLE=NAME for some. (default: the header's)", show_default=False
    ),
]
Step = Annotated[
    str | None,
    typer.Option(help="Length of a bar, such as 1m or 1d. (default: the most frequent distance)", show_default=False),
]
Zone = Annotated[
    str | None,
    typer.Option(help="Zone of times without an offset, such as America/New_York. (default: UTC)", show_default=False),
]
Scale = Annotated[
    str | None, typer.Option(help="Currency units of 1 in the file, such as 0.0001. (default: 1)", show_default=False)
]
Calendar = Annotated[
    str | None,
    typer.Option(help="The exchange whose sessions are expected, such as XNYS. (default: none)", show_default=False),
]
TimeFormat = Annotated[
    str | None,
    typer.Option(help="Form of the times, as for strptime. (default: found from the first row)", show_default=False),
]
Nonpositive = Annotated[bool, typer.Option("--nonpositive", help="Prices of zero and below are real. (default: off)")]
Force = Annotated[bool, typer.Option("--force", "-f", help="Overwrite files that exist. (default: off)")]


def parse_columns(text: str | None) -> list[str] | dict[str, str] | None:
    """ "date,close" as names in order; "close=Adj Close,time=Date" as roles."""
    if text is None:
        return None
    words = [word.strip() for word in text.split(",")]
    if all("=" in word for word in words):
        return dict(cast("tuple[str, str]", tuple(word.split("=", 1))) for word in words)
    return words
