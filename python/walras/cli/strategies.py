"""`walras strategies`: the library of strategies and their parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from walras.cli._options import Debug, Json

if TYPE_CHECKING:
    from rich.table import Table


def command(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Show this strategy's theory and parameters.", show_default=False),
    ] = None,
    json: Json = False,
    debug: Debug = False,
) -> None:
    """List the library of strategies, or explain one: its theory, its parameters and their ranges.

    [bold]Examples[/]

    [cyan]walras strategies[/]

    [cyan]walras strategies pairs --json[/]
    """
    from walras._words import did_you_mean
    from walras.errors import ConfigError
    from walras.strategies import list_strategies

    library = {item.name: item for item in list_strategies()}
    if name is not None and name not in library:
        raise ConfigError(f"there is no strategy {name!r}; {did_you_mean(name, library)}")
    chosen = [library[name]] if name else list(library.values())
    if json:
        from json import dumps

        documents = [schema(item) for item in chosen]
        typer.echo(dumps(documents[0] if name else documents, indent=1))
        return
    from rich.console import Console

    console = Console()
    if name:
        console.print(f"[bold]{chosen[0].title}[/] ({name})\n\n{chosen[0].theory}\n", highlight=False)
        console.print(parameter_table(chosen[0]))
        console.print(f"\nwalras backtest {name} --data demo:KO,PEP", style="cyan", highlight=False)
    else:
        console.print(library_table(chosen))


def schema(item: Any) -> dict[str, Any]:
    """A strategy's description as plain values."""
    keys = ("name", "type", "default", "minimum", "maximum", "unit", "help")
    parameters = [{key: getattr(p, key) for key in keys} for p in item.parameters]
    return {"name": item.name, "title": item.title, "theory": item.theory, "parameters": parameters}


def library_table(items: list[Any]) -> Table:
    from rich.table import Table

    table = Table("name", "title", "parameters", box=None, header_style="dim")
    for item in items:
        table.add_row(f"[bold]{item.name}[/]", item.title, ", ".join(f"{p.name}={p.default}" for p in item.parameters))
    return table


def parameter_table(item: Any) -> Table:
    from rich.table import Table

    table = Table("parameter", "type", "default", "range", "unit", "meaning", box=None, header_style="dim")
    for p in item.parameters:
        numeric = p.type in ("int", "float")
        limits = f"{p.minimum:g} … {p.maximum:g}" if numeric else ""
        table.add_row(f"[bold]{p.name}[/]", p.type, str(p.default), limits, p.unit, p.help)
    return table
