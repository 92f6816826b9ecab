"""Vectorised backtests: arrays of signals, orders or weights in, the event engine's fills out."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from walras._vector_inputs import (
    Axes,
    FloatMatrix,
    check_shares,
    per_column,
    read_bars,
    read_close,
    read_flags,
    read_matrix,
)
from walras._vector_settings import SIZES, FillAt, Groups, run_arrays
from walras.errors import ConfigError, DataError

if TYPE_CHECKING:
    from walras._vector_result import VectorResult
    from walras.fees import FeeModel
    from walras.slippage import SlippageModel

_STREAMS = ("enter_longs", "exit_longs", "enter_shorts", "exit_shorts")


def from_signals(
    close: Any,
    entries: Any = None,
    exits: Any = None,
    *,
    short_entries: Any = None,
    short_exits: Any = None,
    direction: Literal["long", "short", "both"] = "long",
    open: Any = None,
    high: Any = None,
    low: Any = None,
    volume: Any = None,
    size: Any = "100%",
    size_type: Literal["shares", "value", "percent"] | None = None,
    accumulate: bool = False,
    stop_loss: Any = None,
    take_profit: Any = None,
    trailing_stop: Any = None,
    cash: Any = 10_000,
    groups: Groups = None,
    fees: FeeModel | float | None = None,
    slippage: SlippageModel | float | None = None,
    fill_at: FillAt = "auto",
    limit_fill: Literal["touch", "cross"] = "touch",
    account: Literal["margin", "cash"] = "margin",
    leverage: float = 1.0,
    size_buffer: float | None = None,
    lot_size: Any = 1,
    tick_size: Any = "0.000000001",
    multiplier: Any = 1,
    currency: str = "USD",
    index: Any = None,
    names: Sequence[Hashable] | None = None,
    periods_per_year: float | None = None,
    threads: int = 0,
) -> VectorResult:
    """Trade on arrays of booleans, shape (time, asset); the fills are those of `walras.backtest.run`.

    `close`: prices as NumPy, pandas or polars, or a `walras.data.Bars`, which brings the other prices along. NaN is no
    bar: the asset does not trade in that row. `open`, `high`, `low`, `volume`: of the same shape.
    `entries`, `exits`: booleans; a 1-D array counts for every column. `direction`: "long"; "short" (entries sell short,
    exits buy back); "both": entries go long, exits go short, or each side has its own pair with `short_entries` and
    `short_exits`. An entry and an exit of one side in one row say nothing, nor do entries of both sides.
    `size`: "100%" of equity, or a number or array of shares, of money (`size_type="value"`) or of fractions of equity
    ("percent"). Whole lots are bought; `lot_size="0.001"` makes them small. `accumulate`: an entry adds to a position.
    `stop_loss`, `take_profit`, `trailing_stop`: distances from the fill as fractions, numbers or arrays; they rest from
    the entry's fill on and need `high` and `low` to be honest.
    `cash`: of each column, or of each group. `groups`: columns that share cash, "all" or a label for each column.
    `fees`, `slippage`: models or basis points; None = 10 and 1 basis points, as in `run`. `fill_at`: "auto" is the next
    open, or the next close where there are no opens. `leverage`, `account`: as in `run`; `multiplier`: currency per
    unit and 1.00 of price. `threads`: 0 = all cores; results do not depend on it.

    Raises DataError for shapes, labels and prices, ConfigError for settings, OrderError for sizes off the lot.

    >>> import numpy as np, walras as wl
    >>> close = np.array([10.0, 11, 12, 11, 10])
    >>> average = wl.indicators.sma(close, 2)
    >>> pf = wl.backtest.from_signals(close, close > average, close < average, cash=1000, fees=0, slippage=0)
    >>> pf.fills.select("row", "side", "quantity", "price").rows()
    [(2, 'buy', 83.0, 12.0), (4, 'sell', 83.0, 10.0)]
    """
    prices, axes = _prices(close, open, high, low, volume, index, names)
    if entries is None and short_entries is None:
        raise ConfigError("there are no entries; give booleans of the shape of close")
    if short_entries is not None or short_exits is not None:
        if direction == "long":
            raise ConfigError('short_entries and short_exits need direction="both", or "short" without entries')
        if direction == "short" and entries is not None:
            raise ConfigError('direction="short" takes entries and exits, or short_entries and short_exits; not both')
    streams = _streams(entries, exits, short_entries, short_exits, direction)
    flags = {name: read_flags(given, value, axes) for name, (given, value) in streams.items() if value is not None}
    number, kind = _size(size, size_type)
    if kind.startswith("target"):
        raise ConfigError(f'size_type="{kind}" is a target; signals enter and exit, use from_orders for targets')
    matrices: dict[str, Any] = {**prices, **flags, "amount": read_matrix("size", number, axes)}
    if kind == "percent":
        check_shares("size", matrices["amount"], leverage)
    for name, value in (("stop_loss", stop_loss), ("take_profit", take_profit), ("trailing_stop", trailing_stop)):
        if value is not None:
            matrices[name] = read_matrix(name, value, axes)
    return run_arrays(
        "from_signals", matrices, axes, cash=cash, groups=groups, fees=fees, slippage=slippage, fill_at=fill_at,
        limit_fill=limit_fill, account=account, leverage=leverage, size_buffer=size_buffer, lot_size=lot_size,
        tick_size=tick_size, multiplier=multiplier, currency=currency, periods_per_year=periods_per_year,
        threads=threads, size_type=kind, accumulate=accumulate,
        shown={"size": _shown(size), "direction": direction, "stop_loss": _shown(stop_loss),
               "take_profit": _shown(take_profit), "trailing_stop": _shown(trailing_stop)},
    )  # fmt: skip


def from_orders(
    close: Any,
    size: Any,
    *,
    size_type: str = "shares",
    open: Any = None,
    high: Any = None,
    low: Any = None,
    volume: Any = None,
    cash: Any = 10_000,
    groups: Groups = None,
    fees: FeeModel | float | None = None,
    slippage: SlippageModel | float | None = None,
    fill_at: FillAt = "auto",
    account: Literal["margin", "cash"] = "margin",
    leverage: float = 1.0,
    size_buffer: float | None = None,
    lot_size: Any = 1,
    tick_size: Any = "0.000000001",
    multiplier: Any = 1,
    currency: str = "USD",
    index: Any = None,
    names: Sequence[Hashable] | None = None,
    periods_per_year: float | None = None,
    threads: int = 0,
) -> VectorResult:
    """A market order for each number in `size`, decided at the close of its row; NaN is no order.

    `size_type`: "shares", "value" (money) and "percent" (fractions of equity) are signed: positive buys, negative
    sells, 0 is nothing. "target_shares", "target_value" and "target_percent" are positions to reach; 0 closes.
    Everything else as in `from_signals`.

    >>> import numpy as np, walras as wl
    >>> close = np.array([10.0, 11, 12, 11, 10])
    >>> pf = wl.backtest.from_orders(close, [5, np.nan, -5, np.nan, np.nan], fees=0, slippage=0)
    >>> pf.fills.select("row", "side", "quantity", "price").rows()
    [(1, 'buy', 5.0, 11.0), (3, 'sell', 5.0, 11.0)]
    """
    prices, axes = _prices(close, open, high, low, volume, index, names)
    if size_type not in SIZES:
        raise ConfigError(f'size_type "{size_type}" is unknown; choose one of: {", ".join(SIZES)}.')
    return run_arrays(
        "from_orders", {**prices, "orders": read_matrix("size", size, axes)}, axes, cash=cash, groups=groups, fees=fees,
        slippage=slippage, fill_at=fill_at, limit_fill="touch", account=account, leverage=leverage,
        size_buffer=size_buffer, lot_size=lot_size, tick_size=tick_size, multiplier=multiplier, currency=currency,
        periods_per_year=periods_per_year, threads=threads, size_type=size_type, accumulate=False,
        shown={"size_type": size_type},
    )  # fmt: skip


def from_target_weights(
    close: Any,
    weights: Any,
    *,
    rebalance: int | str | Any | None = None,
    open: Any = None,
    high: Any = None,
    low: Any = None,
    volume: Any = None,
    cash: Any = 10_000,
    groups: Groups = "all",
    fees: FeeModel | float | None = None,
    slippage: SlippageModel | float | None = None,
    fill_at: FillAt = "auto",
    account: Literal["margin", "cash"] = "margin",
    leverage: float = 1.0,
    size_buffer: float | None = None,
    lot_size: Any = 1,
    tick_size: Any = "0.000000001",
    multiplier: Any = 1,
    currency: str = "USD",
    index: Any = None,
    names: Sequence[Hashable] | None = None,
    periods_per_year: float | None = None,
    threads: int = 0,
) -> VectorResult:
    """Hold these fractions of equity, shared by all columns (or by those of a group): sales first, then purchases.

    `weights`: shape (time, asset), or one number for each column (a sequence, or a mapping by label). Negative is
    short, 0 closes, NaN leaves the position as it is.
    `rebalance`: when the weights are read: every n rows (an int), "week_end", "month_end", "quarter_end", "year_end"
    (the last row of each, by the index), or booleans (time,). None: every row of a matrix; once, at the first row, for
    constant weights. Everything else as in `from_signals`.

    >>> import walras as wl
    >>> prices = wl.data.load_demo_prices().select("date", "KO", "PEP").tail(500)
    >>> pf = wl.backtest.from_target_weights(prices, {"KO": 0.5, "PEP": 0.5}, rebalance="month_end")
    >>> pf.stats["trades"] > 5
    True
    """
    prices, axes = _prices(close, open, high, low, volume, index, names)
    matrix, is_constant = _weights(weights, axes)
    rows = _rebalancing_rows(rebalance, axes, is_constant)
    gross = np.nansum(np.abs(matrix), axis=1)
    heavy = np.flatnonzero(rows & (gross > leverage * (1 + 1e-9)))
    if heavy.size and groups == "all":
        raise ConfigError(
            f"the weights of row {heavy[0]} add up to {gross[heavy[0]]:g}, more than leverage {leverage:g} allows; "
            "scale them down or raise leverage="
        )
    orders = np.where(rows[:, None], matrix, np.nan)
    return run_arrays(
        "from_target_weights", {**prices, "orders": orders}, axes, cash=cash, groups=groups, fees=fees,
        slippage=slippage, fill_at=fill_at, limit_fill="touch", account=account, leverage=leverage,
        size_buffer=size_buffer, lot_size=lot_size, tick_size=tick_size, multiplier=multiplier, currency=currency,
        periods_per_year=periods_per_year, threads=threads, size_type="target_percent", accumulate=False,
        shown={"rebalance": _shown(rebalance)},
    )  # fmt: skip


# ---- inputs ----------------------------------------------------------------------------------------------------------


def _prices(
    close: Any, open: Any, high: Any, low: Any, volume: Any, index: Any, names: Sequence[Hashable] | None
) -> tuple[dict[str, FloatMatrix], Axes]:
    from walras.data import Bars

    others = {"open": open, "high": high, "low": low, "volume": volume}
    if isinstance(close, Bars):
        given = next((name for name, value in others.items() if value is not None), None)
        if given is not None or index is not None or names is not None:
            raise ConfigError(f"{given or 'index or names'} is said beside Bars, which have it already; leave it out")
        return read_bars(close)
    matrix, axes = read_close(close, index, names)
    matrices = {"close": matrix}
    for name, value in others.items():
        if value is not None:
            matrices[name] = read_matrix(name, value, axes)
    if ("high" in matrices) != ("low" in matrices):
        raise ConfigError("high and low come together; give both or none")
    if "high" in matrices and "open" not in matrices:
        raise ConfigError("high and low need the open: a bar that is gapped over trades there; give open= too")
    return matrices, axes


def _streams(
    entries: Any, exits: Any, short_entries: Any, short_exits: Any, direction: str
) -> dict[str, tuple[str, Any]]:
    """What enters and leaves each side, with the name that the user gave it."""
    if direction == "long":
        return {"enter_longs": ("entries", entries), "exit_longs": ("exits", exits)}
    if direction == "short":
        sides = (("entries", entries), ("exits", exits))
        own = (("short_entries", short_entries), ("short_exits", short_exits))
        return dict(zip(("enter_shorts", "exit_shorts"), own if entries is None else sides, strict=True))
    if direction != "both":
        raise ConfigError(f'direction "{direction}" is unknown; choose one of: long, short, both.')
    if short_entries is None and short_exits is None:
        return {"enter_longs": ("entries", entries), "enter_shorts": ("exits", exits)}
    names = ("entries", "exits", "short_entries", "short_exits")
    values = (entries, exits, short_entries, short_exits)
    return {s: (name, value) for s, name, value in zip(_STREAMS, names, values, strict=True)}


def _size(size: Any, size_type: str | None) -> tuple[Any, str]:
    """The number and its kind: "50%" is 0.5 of equity, a plain number is shares."""
    if isinstance(size, str):
        text = size.strip()
        if not text.endswith("%"):
            raise ConfigError(f'size "{size}" is not understood; write a percentage such as "50%", or give a number')
        if size_type not in (None, "percent"):
            raise ConfigError(f'size "{size}" is in percent and size_type="{size_type}"; leave one of them out')
        return float(Decimal(text[:-1]) / 100), "percent"
    kind = size_type or "shares"
    if kind not in SIZES:
        raise ConfigError(f'size_type "{kind}" is unknown; choose one of: {", ".join(SIZES[:3])}.')
    return size, kind


def _weights(weights: Any, axes: Axes) -> tuple[FloatMatrix, bool]:
    shape = (axes.rows, len(axes.columns))
    is_list = isinstance(weights, Sequence) and not isinstance(weights, str)
    is_vector = is_list or (getattr(weights, "ndim", 2) == 1 and len(weights) == shape[1] and shape[1] != shape[0])
    if isinstance(weights, Mapping) or is_vector:
        if hasattr(weights, "to_dict") and not isinstance(weights, Mapping):
            weights = weights.to_dict()
        values = per_column("weights", weights if isinstance(weights, Mapping) else list(weights), axes)
        return np.broadcast_to(np.asarray(values, dtype=np.float64), shape), True
    return read_matrix("weights", weights, axes), False


def _rebalancing_rows(rebalance: Any, axes: Axes, is_constant: bool) -> Any:
    """Booleans (time,): when the weights are read."""
    rows = np.zeros(axes.rows, dtype=np.bool_)
    if rebalance is None:
        rows[: 1 if is_constant else None] = True
    elif isinstance(rebalance, str):
        spans = {"week_end": "W", "month_end": "M", "quarter_end": "Q", "year_end": "Y"}
        if rebalance not in spans:
            raise ConfigError(
                f'rebalance "{rebalance}" is unknown; choose one of: {", ".join(spans)}, or every n rows.'
            )
        if not axes.has_times:
            raise ConfigError(f'rebalance "{rebalance}" needs dates; give index=, or a frame with times')
        period = _periods(axes.days, spans[rebalance])
        rows[:-1] = period[1:] != period[:-1]  # whether the last row ends its period, nobody knows yet
    elif isinstance(rebalance, int) and not isinstance(rebalance, bool):
        if rebalance < 1:
            raise ConfigError(f"rebalance = {rebalance} must be at least 1 row.")
        rows[::rebalance] = True
    else:
        flags = read_flags("rebalance", rebalance, Axes(axes.kind, axes.rows, ("rebalance",), axes.index, True))
        rows = flags[:, 0] != 0
    return rows


def _periods(days: Any, span: str) -> Any:
    """The number of the week, month, quarter or year that each day belongs to."""
    if span == "W":
        return (days + 3) // 7  # 1970-01-01 was a Thursday; weeks begin on Monday
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return months // {"M": 1, "Q": 3, "Y": 12}[span]


def _shown(value: Any) -> Any:
    """A setting as a report shows it."""
    return value if value is None or isinstance(value, str | int | float) else "by row"


def require_column(labels: Sequence[Hashable], label: Hashable) -> int:
    """The place of a label. Raises DataError naming what there is."""
    for i, one in enumerate(labels):
        if one == label or str(one) == str(label):
            return i
    raise DataError(f"there is no column or group {label!r}; there are: {', '.join(map(str, labels))}")
