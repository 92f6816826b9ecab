"""`Backtest(data, Strategy, cash=, commission=).run(**parameters)`: the usual words over `wl.backtest.run`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from walras import fees as _fees
from walras.errors import ConfigError
from walras.simple._strategy import SimpleStrategy

if TYPE_CHECKING:
    from walras.result import BacktestResult


class Backtest:
    """One strategy over the bars of one instrument.

    `data`: Bars, a frame with Open, High, Low, Close (and Volume), or a file that `walras.data.read_bars` reads.
    `commission`: a fraction of each fill, (fixed, fraction), or a model of `walras.fees`; None = 10 bp, as everywhere.
    `spread`: a fraction of the price, paid on each fill; None = 1 bp. Say 0 and 0 for a market without costs.
    `margin`: 0.5 allows twice the equity. `trade_on_close`: fill at the close that the decision has seen, which looks
    at the price that it trades. `exclusive_orders`: each order first closes what is held. `finalize_trades`: close what
    is open at the last bar's open. More words go to `walras.backtest.run`.
    """

    def __init__(
        self,
        data: Any,
        strategy: type[SimpleStrategy],
        *,
        cash: float = 10_000,
        commission: float | tuple[float, float] | _fees.FeeModel | None = None,
        spread: float | None = None,
        margin: float = 1.0,
        trade_on_close: bool = False,
        exclusive_orders: bool = False,
        finalize_trades: bool = False,
        **more: Any,
    ) -> None:
        if not (isinstance(strategy, type) and issubclass(strategy, SimpleStrategy)):
            raise ConfigError(f"{strategy!r} is no class of walras.SimpleStrategy; derive from it")
        if not 0 < margin <= 1:
            raise ConfigError(f"margin is {margin}; give the fraction of a position that must be paid, up to 1")
        self._data = _bars(data)
        self._strategy = strategy
        self._exclusive = exclusive_orders
        model, rate = _fee_model(commission)
        self._settings: dict[str, Any] = {
            "cash": cash,
            "fees": model,
            "slippage": None if spread is None else spread * 10_000,
            "leverage": 1 / margin,
            "fill_at": "this_close" if trade_on_close else "auto",
            "at_end": "close_at_open" if finalize_trades else "keep",
            **more,
        }
        if rate is not None:
            # All of equity pays the price and its commission: size = equity / (price x (1 + commission)).
            self._settings.setdefault("size_buffer", 1 - 1 / (1 + rate))

    def run(self, **parameters: Any) -> BacktestResult:
        """Runs with these parameters; the others keep the values of the class."""
        from walras import backtest

        strategy = self._strategy(**parameters)
        if self._exclusive:
            strategy.exclusive_orders = True  # type: ignore[misc]
        return backtest.run(strategy, self._data, **self._settings)


def _bars(data: Any) -> Any:
    from walras.data import Bars, read_bars

    bars = data if isinstance(data, Bars) else read_bars(data)
    if len(bars.instruments) != 1:
        raise ConfigError(f"the data has {len(bars.instruments)} instruments; pick one: bars[{bars.instruments[0]!r}]")
    return bars


def _fee_model(commission: float | tuple[float, float] | _fees.FeeModel | None) -> tuple[Any, float | None]:
    """The model, and the fraction that is proportional where it is known."""
    if commission is None or isinstance(commission, _fees.FeeModel):
        return commission, None
    if isinstance(commission, tuple):
        fixed, rate = commission
        if fixed:
            raise ConfigError(
                f"commission is {commission}; a fixed part is given as wl.fees.per_share(fee, minimum={fixed}), which "
                "knows the shares too"
            )
        commission = rate
    if callable(commission) or not -0.1 <= commission < 0.1:
        raise ConfigError(f"commission is {commission!r}; give a fraction such as 0.002, or a model of wl.fees")
    return _fees.bps(commission * 10_000), float(commission)


def printout(result: BacktestResult) -> str:
    """The result under the names that backtesting.py prints.

    >>> import walras as wl
    >>> prices = wl.data.bars_from_frame(wl.data.load_demo_prices())["KO"]
    >>> print(wl.simple.printout(wl.backtest.run("buy_and_hold", prices))[:62])
    Start                     1990-01-02
    End                       2022-12-28
    """
    stats = result.stats

    def number(key: str, scale: float = 1.0) -> Callable[[], str]:
        def show() -> str:
            value = stats.get(key)
            return f"{float(value) * scale:.6g}" if isinstance(value, int | float) else "-"

        return show

    period = result.period
    rows: list[tuple[str, Callable[[], str]]] = [
        ("Start", lambda: "-" if period is None else f"{period[0]:%Y-%m-%d}"),
        ("End", lambda: "-" if period is None else f"{period[1]:%Y-%m-%d}"),
        ("Exposure Time [%]", number("exposure_time", 100)),
        ("Equity Final [$]", lambda: f"{stats['final_equity']:.2f}"),
        ("Equity Peak [$]", lambda: f"{stats['peak_equity']:.2f}"),
        ("Return [%]", number("total_return", 100)),
        ("Buy & Hold Return [%]", number("buy_and_hold_return", 100)),
        ("Return (Ann.) [%]", number("annual_return", 100)),
        ("Volatility (Ann.) [%]", number("volatility_geometric", 100)),
        ("CAGR [%]", number("cagr", 100)),
        ("Sharpe Ratio", number("sharpe_geometric")),
        ("Sortino Ratio", number("sortino_geometric")),
        ("Calmar Ratio", number("calmar")),
        ("Max. Drawdown [%]", number("max_drawdown", 100)),
        ("Avg. Drawdown [%]", number("avg_drawdown", 100)),
        ("# Trades", lambda: str(len(result.trades))),
        ("Win Rate [%]", number("win_rate", 100)),
        ("Best Trade [%]", number("best_trade", 100)),
        ("Worst Trade [%]", number("worst_trade", 100)),
        ("Avg. Trade [%]", number("avg_trade", 100)),
        ("Profit Factor", number("profit_factor")),
        ("Expectancy [%]", number("expectancy_return", 100)),
        ("SQN", number("sqn")),
        ("Kelly Criterion", number("kelly")),
        ("Fees Paid [$]", number("fees_paid")),
    ]
    return "\n".join(f"{name:<26}{show()}" for name, show in rows)
