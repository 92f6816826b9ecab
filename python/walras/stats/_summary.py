"""Everything at once: the table of statistics of returns, and that of an equity curve."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from walras import _core
from walras.errors import ConfigError
from walras.result import StatisticInfo, Stats, format_value
from walras.stats._input import NO_SERIES, Answer, Columns, Floats, Returns, measure, periods, read

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult


@cache
def definitions() -> Mapping[str, StatisticInfo]:
    """What each key of `result.stats`, `--json`, the report and `summary` means, in the order of the table.

    >>> import walras as wl
    >>> wl.stats.definitions()["calmar"].formula
    'cagr / |max_drawdown|'
    """
    return {
        key: StatisticInfo(title=title, formula=formula, unit=unit, group=group)
        for key, title, group, unit, formula in _core.stats_definitions()
    }


class Summary(Mapping[str, Answer]):
    """The statistics of one series or of the columns of a matrix, by key; prints as a table.

    `summary["sharpe"]` is a float for one series, else one number a column in the container that came in.

    >>> import walras as wl
    >>> s = wl.stats.summary([0.01, -0.02, 0.03], periods_per_year=252)
    >>> round(s["max_drawdown"], 6), s.info("max_drawdown").unit
    (-0.02, 'fraction')
    """

    def __init__(self, columns: Columns, keys: list[str], values: Floats) -> None:
        self._columns = columns
        self._rows = dict(zip(keys, values, strict=True))

    def __getitem__(self, key: str) -> Answer:
        if key not in self._rows:
            from difflib import get_close_matches

            near = get_close_matches(key, self._rows, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(self._rows)}"
            raise KeyError(f"no statistic {key!r} here{hint}")
        return self._columns.answer(self._rows[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def labels(self) -> tuple[Any, ...]:
        """The names of the columns."""
        return self._columns.labels

    def info(self, key: str) -> StatisticInfo:
        """Title, formula, unit and group of a key."""
        return definitions()[key]

    def to_dict(self) -> dict[str, Any]:
        """Plain values by key, what is not finite as None; for a matrix a dictionary of those by column."""

        def of(column: int) -> dict[str, Any]:
            found = ((key, float(row[column])) for key, row in self._rows.items())
            return {key: value if math.isfinite(value) else None for key, value in found}

        if self._columns.kind == "series":
            return of(0)
        return {str(label): of(i) for i, label in enumerate(self.labels)}

    def frame(self) -> pl.DataFrame:
        """One row a statistic: key, title, unit, then the numbers of each column."""
        single = self._columns.kind == "series"
        table = np.array(list(self._rows.values())).reshape(len(self._rows), len(self.labels))
        names = ["value"] if single else [str(label) for label in self.labels]
        info = [self.info(key) for key in self._rows]
        return pl.DataFrame(
            {"key": list(self._rows), "title": [i.title for i in info], "unit": [i.unit for i in info]}
            | {name: table[:, i] for i, name in enumerate(names)}
        )

    def _lines(self) -> list[tuple[str, list[str]]]:
        shown = min(len(self.labels), 8)
        return [
            (self.info(key).title, [format_value(float(x), self.info(key).unit) for x in row[:shown]])
            for key, row in self._rows.items()
        ]

    def __str__(self) -> str:
        single = self._columns.kind == "series"
        lines = self._lines() if single else [("", [str(x) for x in self.labels[:8]]), *self._lines()]
        width = max((len(title) for title, _ in lines), default=0)
        wide = [max((len(cells[i]) for _, cells in lines), default=0) for i in range(len(lines[0][1]) if lines else 0)]
        text = "\n".join(
            f"{title:<{width}}  " + "  ".join(f"{cell:>{wide[i]}}" for i, cell in enumerate(cells))
            for title, cells in lines
        )
        more = len(self.labels) - 8
        return text + (f"\n… and {more} more columns" if more > 0 else "")

    __repr__ = __str__

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.table import Table

        single = self._columns.kind == "series"
        table = Table(show_header=not single, box=None, pad_edge=False)
        table.add_column("", style="dim")
        for label in self.labels[:8]:
            table.add_column(str(label), justify="right")
        for title, cells in self._lines():
            table.add_row(title, *cells)
        yield table
        if len(self.labels) > 8:
            yield f"… and {len(self.labels) - 8} more columns"


def summary(
    returns: Returns,
    benchmark: Returns = None,
    periods_per_year: float | None = None,
    *,
    risk_free: float = 0.0,
    times: Any = None,
    threads: int = 0,
) -> Summary:
    """All statistics of returns, shape (time,) or (time, column); the keys are those of `result.stats`.

    `benchmark`: returns of what to compare with, one series for all columns or one for each; adds the keys of the group
    "Against buy and hold". `periods_per_year`: from the calendar of the rows where they have dates, else it must be
    given. `risk_free`: per period, for sharpe, sortino, downside_risk, omega and alpha. Statistics of the calendar and
    in days are there where the rows have times.

    >>> import walras as wl
    >>> prices = wl.data.load_demo_prices()
    >>> returns = prices.select("date", pl.col("KO", "XOM").pct_change())
    >>> table = wl.stats.summary(returns.select("date", "KO"), benchmark=returns.select("date", "XOM"))
    >>> table["periods_per_year"].item(), round(table["beta"].item(), 3)
    (252.0, 0.334)
    """
    columns = read(returns, times=times)
    other = None if benchmark is None else read(benchmark, what="returns of the benchmark")
    per_year = periods(columns, periods_per_year)
    needs = {key: need for key, need, _ in _core.stats_metrics()}
    given = {"returns": True, "times": len(columns.times) > 0, "benchmark": other is not None}
    keys = [k for k, i in definitions().items() if k in needs and given[needs[k]] and i.group != "Trades"]
    found = measure(
        keys,
        columns,
        benchmark=other,
        periods_per_year=per_year,
        options={"risk_free": risk_free, "required": risk_free},
        threads=threads,
    )
    width = columns.values.shape[1]
    head = {"rows": float(len(columns.values)), "periods_per_year": per_year}
    if len(columns.times):
        head = {"duration": float(columns.times[-1] - columns.times[0]) / 86_400e9, **head}
    values = np.vstack([np.full((len(head), width), [[x] for x in head.values()]), found])
    return Summary(columns, [*head, *keys], values)


def from_equity(
    equity: Returns,
    *,
    times: Any = None,
    benchmark: Returns = None,
    benchmark_start: int = 0,
    starting_equity: float | None = None,
    periods_per_year: float | None = None,
    risk_free: float = 0.0,
) -> Stats:
    """The statistics of an equity curve, shape (time,), in currency: those of `result.stats` without orders and trades.

    `benchmark`: prices of what could have been held. `benchmark_start`: the first row at which a strategy could trade.
    `starting_equity`: before the first row; the first row's if not given. Raises DataError unless all are finite.

    >>> import walras as wl
    >>> round(wl.stats.from_equity([100.0, 110.0, 99.0], periods_per_year=252)["max_drawdown"], 6)
    -0.1
    """
    columns = read(equity, times=times, what="equity", finite=True)
    held = NO_SERIES if benchmark is None else read(benchmark, what="prices of the benchmark", finite=True).one()
    if benchmark_start < 0:
        raise ConfigError(f"benchmark_start is {benchmark_start}; give a row number from 0")
    rows = _core.stats_summarize(
        columns.one("equity"),
        columns.times,
        held,
        benchmark_start,
        math.nan if starting_equity is None else float(starting_equity),
        periods(columns, periods_per_year),
        risk_free,
    )
    keep = {key: i for key, i in definitions().items() if i.group not in ("Trades", "Costs")}
    values = {key: int(v) if keep[key].unit == "count" else v for key, v in rows if key in keep}
    return Stats(values, keep)
