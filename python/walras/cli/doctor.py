"""`walras doctor`: what is here, and what to install for the rest."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer

from walras.cli._options import Debug, Json

BASE = ("numpy", "polars", "pyarrow", "plotly", "typer", "rich")
OPTIONAL = {
    "h5py": ("hdf5", "HDF5 files"),
    "ipykernel": ("notebooks", "the notebooks of examples/"),
    "pandas": ("pandas", "frames to and from pandas"),
    "exchange_calendars": ("calendars", "sessions and holidays of exchanges"),
}
CPU_FEATURES = ("sse4_2", "avx", "avx2", "fma", "avx512f", "avx512dq", "asimd", "sve")


def command(json: Json = False, debug: Debug = False) -> None:
    """Show versions, CPU features and optional parts, and say what to install.

    [bold]Examples[/]

    [cyan]walras doctor[/]

    [cyan]walras doctor --json[/]
    """
    found = examine()
    if json:
        from json import dumps

        typer.echo(dumps(found, indent=1))
    else:
        _print(found)
    if found["problems"]:
        raise typer.Exit(1)


def examine() -> dict[str, Any]:
    """Everything that the doctor knows, as plain values."""
    problems = [f"{name} is missing; pip install {name}" for name in BASE if version_of(name) is None]
    core = find_spec("walras._core")
    if core is None:
        problems.append("the engine walras._core is missing; run `make build` in a checkout, or pip install walras")
    return {
        "walras": version_of("walras") or "not installed as a package",
        "engine": core.origin if core else None,
        "python": platform.python_version(),
        "interpreter": sys.executable,
        "platform": platform.platform(),
        "cpu": cpu(),
        "packages": {name: version_of(name) for name in BASE},
        "optional": {
            name: {"version": version_of(name), "for": use, "install": f"pip install 'walras[{extra}]'"}
            for name, (extra, use) in OPTIONAL.items()
        },
        "problems": problems,
    }


def version_of(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def cpu() -> dict[str, Any]:
    info = Path("/proc/cpuinfo")
    text = info.read_text(encoding="utf-8") if info.exists() else ""
    fields = dict(line.split(":", 1) for line in reversed(text.splitlines()) if ":" in line)
    values = {key.strip(): value.strip() for key, value in fields.items()}
    flags = set(values.get("flags", values.get("Features", "")).split())
    model = values.get("model name") or platform.processor() or platform.machine()
    return {"model": model, "cores": os.cpu_count(), "features": [name for name in CPU_FEATURES if name in flags]}


def _print(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("walras", found["walras"])
    table.add_row("engine", found["engine"] or "[red]missing[/]")
    table.add_row("python", f"{found['python']}  {found['interpreter']}")
    table.add_row("platform", found["platform"])
    table.add_row(
        "cpu", f"{found['cpu']['model']}, {found['cpu']['cores']} cores, {' '.join(found['cpu']['features'])}"
    )
    for name, version in found["packages"].items():
        table.add_row(name, version or "[red]missing[/]")
    for name, part in found["optional"].items():
        absent = f"[yellow]absent[/]: {part['for']}; {part['install'].replace('[', chr(92) + '[')}"
        table.add_row(name, part["version"] or absent)
    console = Console()
    console.print(table)
    for problem in found["problems"]:
        console.print(f"[red]problem:[/] {problem}")
    if not found["problems"]:
        console.print("everything that `walras backtest` and `walras data` need is here", style="green")
