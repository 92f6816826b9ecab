"""The outcome of a vectorised run: records and curves are made when somebody asks for them."""

from __future__ import annotations

import platform
from collections.abc import Hashable, Mapping, Sequence
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from walras._collect import _gather, _stats
from walras._vector_inputs import Axes
from walras.result import TS, BacktestResult, Stats

if TYPE_CHECKING:
    from pathlib import Path

    from plotly.graph_objects import Figure
    from rich.console import Console, ConsoleOptions, RenderResult

    from walras import _core

_MOST_PRICES = 50  # instruments whose prices a report carries along


class VectorResult:
    """What `from_signals`, `from_orders` and `from_target_weights` return.

    Curves have the labels and the kind of `close`: `equity`, `cash` and `gross` one column for each pot of cash (a
    column, or a group that shares it), `positions` one column for each asset, in units. `orders`, `fills` and `trades`
    are polars frames in the order of the pots, then of time; `row` counts from 0. `stats` is about all pots together,
    `stats_by_column` about each, `pf["KO"]` and `total` are whole `BacktestResult`s.

    >>> import walras as wl
    >>> prices = wl.data.load_demo_prices().select("date", "KO", "PEP").tail(300)
    >>> pf = wl.backtest.from_target_weights(prices, {"KO": 0.5, "PEP": 0.5}, cash=1_000)
    >>> pf.equity.columns
    ['date', 'all']
    """

    def __init__(
        self,
        run: _core.VectorRun,
        axes: Axes,
        *,
        labels: Sequence[Hashable],
        pools: Sequence[Sequence[int]] | None,
        matrices: Mapping[str, Any],
        currency: str,
        periods_per_year: float | None,
        settings: Mapping[str, Any],
        name: str,
        parameters: Mapping[str, Any],
    ) -> None:
        self._run = run
        self._axes = axes
        self._given_pools = pools
        self._matrices = matrices
        self._periods = periods_per_year
        self._name = name
        self.labels = tuple(labels)
        self.currency = currency
        self.settings = dict(settings)
        self.parameters = dict(parameters)

    @cached_property
    def _pools(self) -> Sequence[Sequence[int]]:
        """Columns of each pot of cash."""
        return self._given_pools if self._given_pools is not None else [[i] for i in range(len(self._axes.columns))]

    # ---- curves ------------------------------------------------------------------------------------------------------
    def _curve(self, which: str) -> Any:
        one = self._axes.one and len(self.labels) == 1
        return self._axes.wrap(self._run.curve(which), self.labels, one=one)

    @cached_property
    def equity(self) -> Any:
        """Cash and positions at the last close, at each row."""
        return self._curve("equity")

    @cached_property
    def cash(self) -> Any:
        """Cash at each row."""
        return self._curve("cash")

    @cached_property
    def gross(self) -> Any:
        """The sum of the positions' absolute values at each row."""
        return self._curve("gross")

    @cached_property
    def positions(self) -> Any:
        """Units held at each close; positive is long."""
        return self._axes.wrap(self._run.positions())

    # ---- records -----------------------------------------------------------------------------------------------------
    def _frame(self, columns: Mapping[str, Any]) -> pl.DataFrame:
        series = {}
        for key, column in columns.items():
            if isinstance(column, tuple):
                series[key] = _gather(column[1], column[0])
            elif key == "column":
                series["instrument"] = _gather(self._axes.names, column)
            elif key == "pool":
                series["group"] = _gather([str(label) for label in self.labels], column)
            else:
                series[key] = pl.Series(key, column)
        frame = pl.DataFrame(series)
        times = [c for c in ("ts", "ts_last", "entry_ts", "exit_ts") if c in frame.columns]
        frame = frame.with_columns(pl.col(times).cast(TS))
        return frame.drop("group") if self._given_pools is None else frame

    @cached_property
    def fills(self) -> pl.DataFrame:
        """Every execution: row, time, side, quantity, price, fee, the cash after it, and the rule that priced it."""
        return self._frame(self._run.fills())

    @cached_property
    def orders(self) -> pl.DataFrame:
        """Every order with what became of it. `row` is where it was decided, `order` counts within its pot of cash."""
        frame = self._frame(self._run.orders())
        return frame.with_columns(pl.col("reason").replace("none", ""))

    @cached_property
    def trades(self) -> pl.DataFrame:
        """Round trips, first in, first out; those still open are valued at the last close."""
        columns = self._run.trades()
        frame = self._frame({**columns, "side": (columns["side"], ["long", "short"])})
        return frame.with_columns(pl.col("duration").cast(pl.Duration("ns")), pl.col("is_open").cast(pl.Boolean))

    # ---- numbers -----------------------------------------------------------------------------------------------------
    @cached_property
    def stats(self) -> Stats:
        """Statistics of all pots of cash together; the keys are those of `walras.backtest.run`."""
        return self._stats_of(range(len(self.labels)))

    def _stats_of(self, pools: Sequence[int]) -> Stats:
        return Stats.when_asked(lambda: _stats(self._run.statistics(list(pools), self._periods)))

    @cached_property
    def stats_by_column(self) -> pl.DataFrame:
        """One row for each pot of cash: its label and every statistic."""
        rows = [self._run.statistics([i], self._periods) for i in range(len(self.labels))]
        columns: dict[str, Any] = {"column": [str(label) for label in self.labels]}
        for k, (key, _, unit, _) in enumerate(rows[0]):
            values = [row[k][1] for row in rows]
            columns[key] = [int(v) for v in values] if unit == "count" else values
        return pl.DataFrame(columns)

    @property
    def final_equity(self) -> float:
        """Of all pots of cash, at the last row."""
        value = self.stats["final_equity"]
        assert isinstance(value, float)
        return value

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know before the numbers."""
        out = []
        if self.settings["fill_at"] == "this_close":
            out.append(
                "fill_at = this_close looks at the price it trades: a decision on a close is filled at that same close."
            )
        if self._run.margin_calls:
            out.append(f"{self._run.margin_calls} margin call(s): the venue closed positions.")
        if self._run.ignored:
            out.append(f"{self._run.ignored} signal(s) fell on rows in which their asset does not trade.")
        denied = self.orders.filter(pl.col("status") == "denied")
        if len(denied):
            first = denied.row(0, named=True)
            out.append(
                f"{len(denied)} order(s) were denied; the first, of {first['instrument']} in row {first['row']}: "
                f"{first['reason']}."
            )
        return tuple(out)

    @cached_property
    def signature(self) -> str:
        """A hash of every fill: equal fills, equal signature."""
        digest = sha256()
        for column in self._run.fills().values():
            digest.update(np.ascontiguousarray(column[0] if isinstance(column, tuple) else column).tobytes())
        return digest.hexdigest()[:16]

    # ---- as the event engine's result --------------------------------------------------------------------------------
    def __getitem__(self, label: Hashable) -> BacktestResult:
        """One pot of cash as a `BacktestResult`, by the label of its column or group."""
        from walras._vector import require_column

        return self._result((require_column(self.labels, label),), title=str(label))

    @cached_property
    def total(self) -> BacktestResult:
        """All pots of cash together as a `BacktestResult`: report, plot, table, save."""
        return self._result(range(len(self.labels)), title="")

    def _result(self, pools: Sequence[int], title: str) -> BacktestResult:
        closes = self._axes.times[1]
        columns = [c for i in pools for c in self._pools[i]]
        names = [self._axes.names[c] for c in columns]
        sums = {which: self._run.curve(which)[:, list(pools)].sum(axis=1) for which in ("equity", "cash", "gross")}
        equity = pl.DataFrame({"ts": pl.Series(closes).cast(TS), **sums, "benchmark": self._run.hold(columns)})
        mine = pl.col("instrument").is_in(names)
        strategy = pl.lit(self._name).alias("strategy")
        fills = self.fills.filter(mine).with_columns(strategy, trade=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
        from walras import __version__

        return BacktestResult(
            equity=equity,
            orders=self.orders.filter(mine).with_columns(strategy),
            fills=fills,
            trades=self.trades.filter(mine).with_columns(strategy),
            stats=self._stats_of(pools),
            signature=self.signature,
            currency=self.currency,
            versions={"walras": __version__, "python": platform.python_version(), "numpy": np.__version__},
            data_hash=self._data_hash(columns),
            settings=self.settings,
            warnings=self.warnings,
            strategies=({"name": self._name, "title": title or self._name, "parameters": self.parameters},),
            prices=self._prices(columns) if len(columns) <= _MOST_PRICES else {},
        )

    def _prices(self, columns: Sequence[int]) -> dict[str, pl.DataFrame]:
        ts = pl.Series(self._axes.times[1]).cast(TS)
        out = {}
        for c in columns:
            kinds = [k for k in ("open", "high", "low", "close") if k in self._matrices]
            if kinds == ["open", "close"]:
                kinds = ["close"]
            has = ~np.isnan(self._matrices["close"][:, c])
            prices = {k: self._matrices[k][:, c][has] for k in kinds}
            out[self._axes.names[c]] = pl.DataFrame({"ts": ts.filter(pl.Series(has)), **prices})
        return out

    def _data_hash(self, columns: Sequence[int]) -> str:
        digest = sha256(b"walras-matrices-1")
        for name in ("open", "high", "low", "close", "volume"):
            if name in self._matrices:
                digest.update(name.encode())
                digest.update(np.ascontiguousarray(self._matrices[name][:, list(columns)]).tobytes())
        digest.update(np.ascontiguousarray(self._axes.times[1]).tobytes())
        return digest.hexdigest()

    def report(self, path: str | Path, title: str | None = None) -> Path:
        """Write the self-contained HTML report of all pots of cash together and return where it is."""
        return self.total.report(path, title=title)

    def plot(self) -> Figure:
        """A plotly figure of equity and drawdown of all pots of cash together."""
        return self.total.plot()

    def print_table(self, console: Console | None = None) -> None:
        """Print the key numbers of all pots of cash together, with sparklines and warnings."""
        self.total.print_table(console)

    def _repr_html_(self) -> str:
        return self.total._repr_html_()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.total

    def __repr__(self) -> str:
        shape = f"{self._axes.rows:,} x {len(self._axes.columns):,}"
        pots = "" if len(self.labels) == 1 else f", {len(self.labels):,} pots of cash"
        return f"VectorResult({self._name}, {shape}{pots}, fills={self._run.fill_count:,})"
