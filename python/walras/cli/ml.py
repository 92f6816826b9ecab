"""`walras ml`: models that agents of the simulated market read."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from walras.cli._options import Debug, Json, Quiet

if TYPE_CHECKING:
    from walras.sim import TrainedModel

app = typer.Typer(
    help="Models that agents of the simulated market read: learn them from recorded markets.",
    rich_markup_mode="rich",
    no_args_is_help=True,
)


@app.callback()
def root() -> None:
    """Models that agents of the simulated market read: learn them from recorded markets."""


@app.command("train")
def train_command(
    records: Annotated[
        list[Path],
        typer.Argument(metavar="FILE.parquet...", help="What walras sim --features has recorded.", show_default=False),
    ],
    out: Annotated[
        Path, typer.Option(help="Write the models here, each as KIND.json. (folder; default: here)", metavar="FOLDER")
    ] = Path(),
    kinds: Annotated[
        list[str] | None,
        typer.Option(
            "--kind",
            help="decision_tree, random_forest, gradient_boosted, ensemble, linear_softmax, linear_svm or "
            "gaussian_naive_bayes; may be repeated. (default: the first four)",
            show_default=False,
        ),
    ] = None,
    features: Annotated[str, typer.Option(help="What they read: canonical, minimal or full. (set)")] = "canonical",
    threshold: Annotated[
        float, typer.Option(help="Mean returns beyond it are buys and sells. (fraction)", min=0)
    ] = 0.01,
    test: Annotated[float, typer.Option(help="The last part of the ticks, kept for the test. (fraction)")] = 0.3,
    warm_up: Annotated[int, typer.Option(help="Left out at the start. (ticks)", min=0)] = 200,
    seed: Annotated[int, typer.Option(help="Seed of everything random. (whole number)", min=0)] = 1,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Learn models from recorded markets, and say how they do on ticks that they have not seen.

    The label of a tick is the mean return over the next 8, 16, 32, 48 and 64 ticks. Ticks before the split whose labels
    look beyond it are purged. The same records, seed and scikit-learn give the same files.

    [bold]Examples[/]

    [cyan]walras sim --ticks 8000 --features market.parquet && walras ml train market.parquet --out models[/]

    [cyan]walras ml train market.parquet --kind gaussian_naive_bayes --features full --json[/]
    """
    from walras.errors import DataError
    from walras.sim import FeatureRecord, train_models

    found = train_models(
        [FeatureRecord.read(path) for path in records],
        kinds or ("decision_tree", "random_forest", "gradient_boosted", "ensemble"),
        features=features,
        threshold=threshold,
        test=test,
        warm_up=warm_up,
        seed=seed,
    )
    try:
        out.mkdir(parents=True, exist_ok=True)
        for kind, model in found.items():
            (out / f"{kind}.json").write_text(model.json, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{error.filename}: cannot be written ({error.strerror}); check --out") from None
    if json:
        typer.echo(json_module.dumps({kind: _row(model, out) for kind, model in found.items()}))
    elif not quiet:
        _print(list(found.values()), out)


def _row(model: TrainedModel, out: Path) -> dict[str, object]:
    return {
        "file": str(out / f"{model.kind}.json"),
        "accuracy": model.accuracy,
        "majority": model.majority,
        "balanced_accuracy": model.balanced_accuracy,
        "trained": model.trained,
        "tested": model.tested,
    }


def _print(models: list[TrainedModel], out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(box=None, header_style="bold")
    for name in ("model", "accuracy", "majority class", "balanced", "bytes"):
        table.add_column(name, justify="left" if name == "model" else "right")
    for model in models:
        shares = (model.accuracy, model.majority, model.balanced_accuracy)
        table.add_row(model.kind, *(f"{100 * x:.1f} %" for x in shares), f"{len(model.json):,}")
    console.print(table)
    console.print(
        f"\n learned from {models[0].trained:,} rows, tested on {models[0].tested:,} later ones · written to {out}/",
        highlight=False,
        soft_wrap=True,
    )
