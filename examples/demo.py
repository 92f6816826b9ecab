"""Two strategies over three decades of real closes: what they earned, what they cost, and a report of each.

`make demo` runs this. Data: 20 US stocks, daily adjusted closes 1990 to 2022, bundled with the package.
"""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

import walras as wl

OUT = Path(sys.argv[1] if len(sys.argv) > 1 else "out/demo")
CASH = 1_000_000


def main() -> None:
    prices = wl.data.load_demo_prices()
    stocks = wl.data.bars_from_frame(prices)
    costs = {"cash": CASH, "fees": wl.fees.bps(5), "slippage": wl.slippage.bps(2)}
    runs = {
        "KO/PEP pairs": wl.backtest.run(wl.strategies.make("pairs"), stocks[["KO", "PEP"]], **costs),
        "SMA-cross portfolio": wl.backtest.run(wl.strategies.make("sma_cross", fast=50, slow=200), stocks, **costs),
        "Buy and hold": wl.backtest.run(wl.strategies.make("buy_and_hold"), stocks, **costs),
    }
    console = Console()
    console.print(comparison(runs))
    for name, result in runs.items():
        path = OUT / f"{name.lower().replace('/', '_').replace(' ', '_').replace('-', '_')}.html"
        console.print(f"{name}: [bold]{result.report(path, title=name)}[/]", highlight=False)


def comparison(runs: dict[str, wl.BacktestResult]) -> Table:
    """One column a run, one row a number."""
    table = Table(title="20 US stocks, daily closes, after costs of 7 bps a fill", title_justify="left", box=None)
    table.add_column(style="dim")
    for name in runs:
        table.add_column(name, justify="right")
    keys = (
        "final_equity",
        "total_return",
        "cagr",
        "volatility",
        "sharpe",
        "max_drawdown",
        "trades",
        "win_rate",
        "fees_paid",
    )
    first = next(iter(runs.values())).stats
    for key in keys:
        if key in first:
            table.add_row(first.info(key).title, *[result.stats.text(key) for result in runs.values()])
    table.add_row("fills", *[f"{len(result.fills):,}" for result in runs.values()])
    table.add_row("signature", *[result.signature for result in runs.values()])
    return table


if __name__ == "__main__":
    main()
