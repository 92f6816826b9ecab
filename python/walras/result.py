"""What a run hands back: frames, statistics and everything needed to repeat it.

Frames are polars; times are `datetime[ns, UTC]`; money is in the run's currency. `to_pandas()` works on each of them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import polars as pl

from walras._words import did_you_mean
from walras.errors import DataError

if TYPE_CHECKING:
    from plotly.graph_objects import Figure
    from rich.console import Console, ConsoleOptions, RenderResult

Value: TypeAlias = float | int | str | None

TS = pl.Datetime("ns", "UTC")

EQUITY: dict[str, Any] = {
    "ts": TS,
    "equity": pl.Float64,
    "cash": pl.Float64,
    "gross": pl.Float64,
    "benchmark": pl.Float64,
}
FILLS: dict[str, Any] = {
    "order": pl.Int64, "trade": pl.Int64, "ts": TS, "instrument": pl.String, "strategy": pl.String, "side": pl.String,
    "quantity": pl.Float64, "price": pl.Float64, "reference_price": pl.Float64, "slippage": pl.Float64,
    "fee": pl.Float64, "liquidity": pl.String, "rule": pl.String,
}  # fmt: skip
TRADES: dict[str, Any] = {
    "instrument": pl.String, "strategy": pl.String, "side": pl.String, "quantity": pl.Float64, "entry_ts": TS,
    "exit_ts": TS, "entry_price": pl.Float64, "exit_price": pl.Float64, "pnl": pl.Float64, "fees": pl.Float64,
    "net_pnl": pl.Float64, "return_pct": pl.Float64, "duration": pl.Duration("ns"), "entry_rule": pl.String,
    "exit_rule": pl.String, "is_open": pl.Boolean,
}  # fmt: skip
CASH_FLOWS: dict[str, Any] = {"ts": TS, "kind": pl.String, "amount": pl.Float64, "strategy": pl.String}

SELECTION = ("trials", "metric", "probabilistic_sharpe", "deflated_sharpe", "expected_maximum_sharpe")
HEADLINES = ("final_equity", "total_return", "cagr", "volatility", "sharpe", "max_drawdown", "trades", "win_rate")


@dataclass(frozen=True, slots=True)
class StatisticInfo:
    """What a statistic means: its formula and unit ("fraction", "currency", "count", "ratio", "days", ...)."""

    title: str
    formula: str
    unit: str
    group: str = "Statistics"


Loader: TypeAlias = Callable[[], tuple[Mapping[str, Value], Mapping[str, StatisticInfo]]]


class Stats(Mapping[str, Value]):
    """Statistics by key. `describe()` adds the formula and the unit of each.

    >>> stats = Stats({"sharpe": 1.2}, {"sharpe": StatisticInfo("Sharpe ratio", "mean(r) / std(r)", "ratio")})
    >>> stats["sharpe"], stats.info("sharpe").unit
    (1.2, 'ratio')
    """

    __slots__ = ("_load", "_loaded")

    def __init__(self, values: Mapping[str, Value], info: Mapping[str, StatisticInfo] | None = None) -> None:
        self._loaded: tuple[dict[str, Value], dict[str, StatisticInfo]] | None = (dict(values), dict(info or {}))
        self._load: Loader | None = None

    @classmethod
    def when_asked(cls, load: Loader) -> Stats:
        """Statistics that are computed when somebody reads one of them."""
        stats = cls({})
        stats._loaded, stats._load = None, load
        return stats

    def _both(self) -> tuple[dict[str, Value], dict[str, StatisticInfo]]:
        if self._loaded is None:
            assert self._load is not None
            values, info = self._load()
            self._loaded, self._load = (dict(values), dict(info)), None
        return self._loaded

    @property
    def _values(self) -> dict[str, Value]:
        return self._both()[0]

    @property
    def _info(self) -> dict[str, StatisticInfo]:
        return self._both()[1]

    def __getitem__(self, key: str) -> Value:
        try:
            return self._values[key]
        except KeyError:
            raise KeyError(f"no statistic {key!r}; {did_you_mean(key, self._values)}") from None

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Stats({self._values!r})"

    def info(self, key: str) -> StatisticInfo:
        return self._info.get(key) or StatisticInfo(title_of(key), "", "")

    def text(self, key: str) -> str:
        """The value as a reader wants it: `0.1234` of unit "fraction" is `12.34 %`."""
        return format_value(self[key], self.info(key).unit)

    def describe(self) -> pl.DataFrame:
        """One row a statistic: key, value (as text), formula, unit."""
        rows = [(k, "" if v is None else str(v), self.info(k).formula, self.info(k).unit) for k, v in self.items()]
        return pl.DataFrame(rows, schema=["key", "value", "formula", "unit"], orient="row")


def title_of(key: str) -> str:
    """ "max_drawdown" as "Max drawdown", "var_95" as "VaR 95 %"."""
    title = _TITLES.get(key) or key.replace("_", " ").replace("avg", "average")
    return title[:1].upper() + title[1:]


_TITLES = {
    "cagr": "CAGR", "var_95": "VaR 95 %", "cvar_95": "CVaR 95 %", "sqn": "SQN", "beta_log": "Beta, log returns",
    "alpha_total": "Alpha, total", "sharpe": "Sharpe ratio", "sharpe_geometric": "Sharpe ratio, geometric",
    "sortino": "Sortino ratio", "sortino_geometric": "Sortino ratio, geometric", "calmar": "Calmar ratio",
    "omega": "Omega ratio", "volatility_geometric": "Volatility, geometric", "rows": "Rows of equity",
    "profit_factor_return": "Profit factor of returns", "expectancy_return": "Expectancy, return",
}  # fmt: skip


def format_value(value: object, unit: str = "") -> str:
    """One spelling of numbers for the terminal and the page."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "—"
    if isinstance(value, timedelta):
        return f"{value.total_seconds() / 86_400:,.1f} days"
    if isinstance(value, bool) or not isinstance(value, float | int):
        return str(value)
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if unit in ("fraction", "percent"):
        text = f"{value * (100 if unit == 'fraction' else 1):,.2f} %"
    elif unit == "count" or isinstance(value, int):
        text = f"{value:,.0f}"
    elif unit in ("currency", "money"):
        text = f"{value:,.2f}"
    elif unit == "per year":
        text = f"{value:,.2f} a year"
    elif unit in ("days", "bars", "years"):
        text = f"{value:,.1f} {unit}"
    else:
        text = f"{value:,.3f}" if abs(value) < 1e6 else f"{value:,.0f}"
    return text.replace("-", "−")


class WhenAsked:
    """A text that may be given as a function, which is called when the text is first read."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_{name}"

    def __get__(self, instance: object, owner: type | None = None) -> str:
        if instance is None:
            return ""  # what a dataclass takes as the default
        value = vars(instance)[self._name]
        if not isinstance(value, str):
            value = vars(instance)[self._name] = value()
        return str(value)

    def __set__(self, instance: object, value: str | Callable[[], str]) -> None:
        vars(instance)[self._name] = value


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class BacktestResult:
    """The outcome of one run. Two runs with the same data, settings, seed and version have the same `signature`.

    `equity.gross` is the sum of the positions' absolute values, `equity.benchmark` what one unit of money spread evenly
    over the instruments and held would be worth. `fills.slippage` is money lost against `reference_price`, positive is
    a cost; `trades.return_pct` is in percent of the entry's notional; `cash_flows` are interest, borrow fees and
    dividends, positive is received. `explanation` says, step by step, what happened to the order of `explain=`.
    """

    equity: pl.DataFrame
    orders: pl.DataFrame
    fills: pl.DataFrame
    trades: pl.DataFrame
    stats: Stats
    signature: str
    seed: int = 0
    currency: str = "USD"
    versions: Mapping[str, str] = field(default_factory=dict)
    data_hash: WhenAsked = WhenAsked()
    command: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    accounts: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict
    )  # name -> balances (exact), equity, explained
    interrupted: bool = False  # by Ctrl-C or by `progress`: the result is what was finished
    strategies: tuple[Mapping[str, Any], ...] = ()  # each: name, title, parameters
    selection: Mapping[str, Any] = field(default_factory=dict)  # what the search did that chose this run: see chosen_as
    prices: Mapping[str, pl.DataFrame] = field(default_factory=dict)  # instrument -> ts, open, high, low, close
    executions: pl.DataFrame = field(default_factory=pl.DataFrame)  # parent orders of ctx.execute
    revisions: pl.DataFrame = field(default_factory=pl.DataFrame)  # what replaces ended, at `ts`
    cash_flows: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CASH_FLOWS))
    explanation: tuple[str, ...] = ()
    impact: pl.DataFrame = field(default_factory=pl.DataFrame)  # market="reacts": best prices, recorded and moved
    reactions: Mapping[str, int] = field(default_factory=dict)  # market="reacts": what became of the recorded flow

    @property
    def title(self) -> str:
        names = [str(s.get("title") or s.get("name")) for s in self.strategies]
        return " + ".join(dict.fromkeys(names)) or "Backtest"

    @property
    def period(self) -> tuple[datetime, datetime] | None:
        """First and last time of the equity curve; None where there is none."""
        ts = self.equity["ts"]
        return (ts[0], ts[-1]) if len(ts) else None

    def chosen_as(self, best: Any) -> BacktestResult:
        """This run as the choice of a search, so that nobody sees it without the number of trials behind it.

        `best`: `sweep.best` or `sweep.robust`, or anything with their `trials`, `metric`, `probabilistic_sharpe`,
        `deflated_sharpe` and `expected_maximum_sharpe`.
        """
        return replace(self, selection={key: getattr(best, key) for key in SELECTION})

    def excursions(self) -> pl.DataFrame:
        """`trades` with `mae_pct` (<= 0) and `mfe_pct` (>= 0): the worst and best unrealised result, percent of entry.

        Seen are entry, exit and all bars that a trade held from open to close. Before costs; NaN without prices.
        """
        from walras._excursions import excursions

        return excursions(self.trades, self.prices)

    # ---- pictures ----------------------------------------------------------------------------------------------------
    def report(self, path: str | Path, title: str | None = None) -> Path:
        """Write the self-contained HTML report (no network, light and dark) and return where it is."""
        from walras.viz.report import write_report

        return write_report(self, Path(path), title=title)

    def plot(self, instrument: str | None = None) -> Figure:
        """A plotly figure: equity, drawdown and exposure, or the price of one instrument with its trades."""
        from walras.viz.plot import equity_figure, trades_figure

        return equity_figure(self) if instrument is None else trades_figure(self, instrument)

    def plot_book(
        self, data: Any, instrument: str | None = None, *, start: object = None, end: object = None, levels: int = 5
    ) -> Figure:
        """A plotly figure of the book over time, with own orders and fills. `data`: the run's ticks."""
        from walras.viz.book import book_figure

        return book_figure(self, data, instrument, start=start, end=end, levels=levels)

    # ---- text --------------------------------------------------------------------------------------------------------
    def print_table(self, console: Console | None = None) -> None:
        """Print key numbers, sparklines of equity and drawdown, and warnings; coloured on a terminal alone."""
        from rich.console import Console

        (console or Console()).print(self)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from walras.viz.terminal import show

        yield from show(self, width=options.max_width, ascii_only=options.ascii_only)

    def __repr__(self) -> str:
        numbers = "".join(f"{key}={self.stats.text(key)}, " for key in headlines(self.stats)[:4])
        return f"BacktestResult({self.title!r}, {numbers}fills={len(self.fills):,}, signature={self.signature})"

    def _repr_html_(self) -> str:
        from walras.viz.report import summary_html

        return summary_html(self)

    # ---- documents ---------------------------------------------------------------------------------------------------
    def to_dict(self) -> dict[str, Any]:
        """Plain values only: times as ISO 8601 in UTC, durations in seconds, what is not finite as None."""
        from walras._documents import to_document

        return to_document(self)

    def to_json(self, *, indent: int | None = None) -> str:
        """The document that `walras backtest --json` prints; `load` reads it."""
        return json.dumps(self.to_dict(), indent=indent, allow_nan=False)

    def save(self, folder: str | Path) -> Path:
        """Write Parquet tables and `run.json` into a folder; `BacktestResult.load` reads them back."""
        folder = Path(folder)
        (folder / "prices").mkdir(parents=True, exist_ok=True)
        meta: dict[str, Any] = {"info": {key: asdict(self.stats.info(key)) for key in self.stats}}
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, pl.DataFrame):
                value.write_parquet(folder / f"{item.name}.parquet")
            elif item.name == "prices":
                meta["prices"] = list(value)
                for index, frame in enumerate(value.values()):
                    frame.write_parquet(folder / "prices" / f"{index}.parquet")
            else:
                meta[item.name] = plain(dict(value) if isinstance(value, Mapping) else value)
        (folder / "run.json").write_text(json.dumps(meta, indent=1), encoding="utf-8")
        return folder

    def record(self, path: str | Path, *, name: str = "") -> int:
        """Put it into a recording, a SQLite file that may hold other runs; returns its number there.

        Fills become trades (account 0 on its side, -1 on the other), equity and cash portfolios, prices candles
        ("bars"); settings and statistics go along. `wl.store.open` and `walras runs` read it.
        """
        from walras.store import record_result

        return record_result(self, path, name=name)

    @classmethod
    def load(cls, path: str | Path) -> BacktestResult:
        """Read a folder that `save` wrote, or a file of `to_json` (which has no prices)."""
        folder = Path(path)
        if folder.is_file():
            from walras._documents import read_document

            return read_document(folder)
        if not (folder / "run.json").is_file():
            raise DataError(
                f"{folder}: holds no run.json; give a folder that result.save() or --save wrote, or a file of --json"
            )
        meta = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        info = {key: StatisticInfo(**value) for key, value in meta.pop("info").items()}
        frames = {path.stem: pl.read_parquet(path) for path in sorted(folder.glob("*.parquet"))}
        prices = {n: pl.read_parquet(folder / "prices" / f"{i}.parquet") for i, n in enumerate(meta.pop("prices"))}
        meta["stats"] = Stats(meta["stats"], info)
        meta["warnings"], meta["strategies"] = tuple(meta["warnings"]), tuple(meta["strategies"])
        return cls(**{**meta, **frames, "prices": prices})


def headlines(stats: Mapping[str, Value]) -> list[str]:
    """The keys that belong at the top, as far as this run has them."""
    return [key for key in HEADLINES if stats.get(key) is not None]


def plain(value: object) -> Any:
    """`value` as JSON knows it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | range):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value if value is None or isinstance(value, bool | int | str) else str(value)
