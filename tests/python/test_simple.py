"""The newcomers' layer: the same trades as backtesting.py, no way to look ahead, one engine below."""

from __future__ import annotations

import math
import re
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import walras as wl
from walras.errors import ConfigError, DataError, OrderError

GUIDE = Path(__file__).resolve().parents[2] / "docs/guides/two-minutes.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.M | re.S)


def bars_of(close: Any) -> wl.data.Bars:
    close = np.round(np.asarray(close, dtype=float), 4)
    open_ = np.append(close[:1], close[:-1])
    high, low = np.maximum(open_, close) + 0.5, np.minimum(open_, close) - 0.5
    opens = np.arange(close.size) * 86_400_000_000_000
    volume = np.full(close.size, 1e6)
    return wl.data.Bars.from_columns("KO", opens + opens[1] - 1, open_, high, low, close, volume, ts_open=opens)


def walk(count: int = 400, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.asarray(100 * np.exp(np.cumsum(rng.normal(0, 0.02, count))))


def average(values: Any, n: int) -> Any:
    return wl.indicators.sma(values, n)


class Cross(wl.SimpleStrategy):
    n1 = 5
    n2 = 20

    def init(self) -> None:
        self.fast = self.I(average, self.data.Close, self.n1)
        self.slow = self.I(average, self.data.Close, self.n2)

    def next(self) -> None:
        if wl.crossover(self.fast, self.slow):
            self.position.close()
            self.buy(size=0.9, sl=0.93 * self.data.Close[-1])
        elif wl.crossover(self.slow, self.fast):
            self.position.close()
            self.sell(size=20, tp=0.9 * self.data.Close[-1])


def fills(result: wl.BacktestResult) -> list[tuple[Any, ...]]:
    return result.fills.select("ts", "side", "quantity", "price").rows()


def one(strategy: type[wl.SimpleStrategy], bars: wl.data.Bars, **more: Any) -> wl.BacktestResult:
    return wl.backtest.run(strategy, bars, fees=0, slippage=0, **more)


# ---- the guide, side by side ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guide() -> dict[str, Any]:
    """The guide's classes for all engines that are installed, and its prices."""
    pytest.importorskip("backtesting")
    names: dict[str, Any] = {}
    try:
        import backtrader

        names["bt"] = backtrader
    except ImportError:
        pass
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for block in BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
            if "bt.Strategy" not in block or "bt" in names:
                exec(block, names)
    return names


PAIRS = [("CrossThere", "CrossHere"), ("DipThere", "DipHere"), ("BreakoutThere", "BreakoutHere")]


@pytest.mark.parametrize(("there", "here"), PAIRS)
@pytest.mark.parametrize("options", [{}, {"commission": 0.002}, {"commission": 0.001, "exclusive_orders": True}])
def test_the_trades_are_those_of_backtesting_py(guide, there, here, options):
    commission = {"commission": 0.0, **options}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stats = guide["backtesting"].Backtest(
            guide["GOOG"], guide[there], cash=10_000, finalize_trades=True, **commission
        )
        theirs = stats.run()
    result = wl.simple.Backtest(
        guide["GOOG"], guide[here], cash=10_000, spread=0, finalize_trades=True, **commission
    ).run()  # fmt: skip
    table = theirs._trades.sort_values(["EntryBar", "ExitBar"])
    mine = result.trades.sort("entry_ts", "exit_ts")
    sign = 2 * (mine["side"] == "long").cast(pl.Int64) - 1
    assert (mine["quantity"] * sign).to_list() == table["Size"].to_list()
    np.testing.assert_allclose(mine["entry_price"], table["EntryPrice"], rtol=1e-9)
    np.testing.assert_allclose(mine["exit_price"], table["ExitPrice"], rtol=1e-9)
    assert result.stats["final_equity"] == pytest.approx(theirs["Equity Final [$]"], rel=1e-9)
    assert mine.height > 15


def test_parameters_reach_both_engines_alike(guide):
    for n1, n2 in ((5, 50), (20, 21), (2, 100)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = (
                guide["backtesting"]
                .Backtest(guide["GOOG"], guide["CrossThere"], finalize_trades=True)
                .run(n1=n1, n2=n2)
            )
        mine = wl.simple.Backtest(guide["GOOG"], guide["CrossHere"], commission=0, spread=0, finalize_trades=True)
        assert mine.run(n1=n1, n2=n2).stats["final_equity"] == pytest.approx(theirs["Equity Final [$]"], rel=1e-9)


@pytest.mark.parametrize(
    ("there", "here"), [("CrossTrader", "CrossHere"), ("DipTrader", "DipHere"), ("BreakoutTrader", "BreakoutHere")]
)
def test_the_trades_are_those_of_backtrader(guide, there, here):
    bt = pytest.importorskip("backtrader")
    filled: list[tuple[float, float]] = []

    class Watched(guide[there]):  # type: ignore[misc, valid-type]
        def notify_order(self, order: Any) -> None:
            if order.status == order.Completed:
                filled.append((order.executed.size, order.executed.price))

    cerebro = bt.Cerebro()
    cerebro.broker.setcash(1_000_000)
    cerebro.adddata(bt.feeds.PandasData(dataname=guide["GOOG"]))
    cerebro.addstrategy(Watched)
    cerebro.run()

    class Units(guide[here]):  # type: ignore[misc, valid-type]
        def buy(self, size: Any = None, **more: Any) -> Any:
            return super().buy(10, **more)

    result = wl.simple.Backtest(guide["GOOG"], Units, cash=1_000_000, commission=0, spread=0).run()
    sign = 2 * (result.fills["side"] == "buy").cast(pl.Int64) - 1
    mine = [*zip(result.fills["quantity"] * sign, result.fills["price"], strict=True)]
    theirs = [(s, pytest.approx(p, rel=1e-9)) for s, p in filled]
    assert len(mine) > 15
    if here == "DipHere":
        # A bracket of backtrader sleeps through the bar of its entry; until one matters, the fills are the same.
        days = result.fills["ts"].dt.date().to_list()
        early = next(i for i in range(1, len(days)) if days[i] == days[i - 1])
        mine, theirs = mine[:early], theirs[:early]
    assert mine == theirs


# ---- no look-ahead -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", [60, 200, 390])
def test_decisions_do_not_change_when_everything_after_them_is_noise(at):
    close = walk()
    other = close.copy()
    other[at:] = np.random.default_rng(at).uniform(50, 150, close.size - at)
    cut = bars_of(close).ts_close[at - 1]
    before = [[f for f in fills(one(Cross, bars_of(c))) if f[0].timestamp() * 1e9 <= cut] for c in (close, other)]
    assert before[0] == before[1]
    assert len(before[0]) >= 1


def test_bars_that_are_known_and_bars_that_come_one_by_one_give_the_same_run(monkeypatch):
    bars = bars_of(walk())
    known = one(Cross, bars)
    monkeypatch.setattr(wl.SimpleStrategy, "prepare", lambda self, bars: None)
    grown = one(Cross, bars)
    assert fills(grown) == fills(known)
    assert grown.signature == known.signature
    assert len(known.fills) > 20


def test_a_tuple_of_arrays_grows_too(monkeypatch):
    class Bands(wl.SimpleStrategy):
        def init(self):
            self.low, self.high = self.I(lambda c: (average(c, 5) - 1, average(c, 20) + 1), self.data.Close)
            self.seen = []

        def next(self):
            self.seen.append((len(self.low), self.low[-1], self.high[-2], self.data.Volume[-1], self.data.index[-1]))

    seen = []
    for prepare in (wl.SimpleStrategy.prepare, lambda self, bars: None):
        monkeypatch.setattr(wl.SimpleStrategy, "prepare", prepare)
        strategy = Bands()
        wl.backtest.run(strategy, bars_of(walk(600)))
        seen.append(strategy.seen)
    assert seen[0] == seen[1]
    assert seen[0][0][0] == 21


def test_an_indicator_that_looks_ahead_is_refused():
    def centred(values, n):
        return np.convolve(values, np.ones(n) / n, mode="same")

    def standardized(values):
        return (values - np.mean(values)) / np.std(values)

    def shifted(values):
        return np.append(values[1:], np.nan)

    cases: list[tuple[Any, dict[str, Any]]] = [(centred, {"n": 5}), (standardized, {}), (shifted, {})]
    for function, options in cases:

        class Peek(wl.SimpleStrategy):
            def init(self):
                self.x = self.I(function, self.data.Close, **options)  # noqa: B023

        with pytest.raises(ConfigError, match=rf"the indicator '{function.__name__}' looks ahead: at bar \d+"):
            one(Peek, bars_of(walk()))

    class Trusted(wl.SimpleStrategy):
        def init(self):
            self.x = self.I(centred, self.data.Close, 5, check=False)

    one(Trusted, bars_of(walk()))


def test_an_array_from_outside_is_refused_for_it_cannot_be_checked():
    class Outside(wl.SimpleStrategy):
        def init(self):
            ready = np.asarray(self.data.Close) * 2
            self.x = self.I(lambda: ready)

    with pytest.raises(
        DataError, match=r"gives shape \(400,\) for \d+ bars; give one array .* from the arguments of self\.I"
    ):
        one(Outside, bars_of(walk()))


def test_a_line_ends_now():
    seen: list[Any] = []

    class Look(wl.SimpleStrategy):
        def init(self):
            self.line = self.I(average, self.data.Close, 3)
            self.kept = {"a": [self.line]}

        def next(self):
            line = self.kept["a"][0]
            assert len(line) == len(self.data) == len(self.data.Close[:]) == len(np.asarray(line))
            assert line[-1] == line.values[-1] == float(line)
            assert list(line)[-1] == line[len(line) - 1]
            for place in (len(line), -len(line) - 1):
                with pytest.raises(IndexError, match="bars are known"):
                    line[place]
            with pytest.raises(ValueError, match="read-only"):
                self.data.Close[:][0] = 1.0
            seen.append(len(line))

    one(Look, bars_of(walk(30)))
    assert seen == list(range(4, 31))


# ---- what a strategy can do ----------------------------------------------------------------------------------------


def scripted(close: Any, script: dict[int, Any], **more: Any) -> tuple[wl.BacktestResult, Any]:
    """Runs `script[bar](strategy)` at bars, counted from 0."""

    class Scripted(wl.SimpleStrategy):
        def next(self):
            if (act := script.get(len(self.data) - 1)) is not None:
                act(self)

    strategy = Scripted()
    return one_instance(strategy, bars_of(close), **more), strategy


def one_instance(strategy: wl.SimpleStrategy, bars: wl.data.Bars, **more: Any) -> wl.BacktestResult:
    return wl.backtest.run(strategy, bars, fees=0, slippage=0, **more)


def test_orders_fill_at_the_next_open_and_the_position_says_what_is_held():
    close = [100.0, 101, 102, 103, 104, 105, 106]
    notes: dict[str, Any] = {}

    def look(s):
        notes.update(
            size=s.position.size, pl=s.position.pl, pct=s.position.pl_pct, equity=s.equity, long=s.position.is_long
        )
        trade = s.trades[0]
        notes.update(trade=(trade.size, trade.entry_price, trade.entry_bar, trade.pl, trade.is_long, trade.value))

    result, _ = scripted(close, {1: lambda s: s.buy(size=10, tag="first"), 3: look, 4: lambda s: s.position.close()})
    assert notes == {
        "size": 10, "pl": 20.0, "pct": pytest.approx(2 / 101), "equity": 10_020.0, "long": True,
        "trade": (10, 101.0, 2, 20.0, True, 1030.0),
    }  # fmt: skip
    assert [(f[1], f[2], f[3]) for f in fills(result)] == [("buy", 10, 101.0), ("sell", 10, 104.0)]
    assert result.orders["tag"][0] == "first"


def test_parts_of_a_position_and_of_trades_are_closed():
    close = [100.0] * 12
    script = {
        1: lambda s: s.buy(size=10),
        2: lambda s: s.buy(size=6),
        4: lambda s: s.position.close(0.25),
        6: lambda s: s.trades[-1].close(),
        8: lambda s: s.trades[0].close(0.5),
    }
    _, strategy = scripted(close, script)
    assert strategy.position.size == 3
    assert [t.size for t in strategy.closed_trades] == [4, 6, 3]
    assert [t.size for t in strategy.trades] == [3]
    assert strategy.closed_trades[0].exit_bar == 5


def test_limit_and_stop_orders_rest_and_can_be_cancelled():
    close = [100.0, 100, 100, 98, 97, 100, 104, 104, 104]
    kept: dict[str, Any] = {}

    def place(s):
        kept["limit"] = s.buy(size=1, limit=97.75)
        kept["stop"] = s.buy(size=2, stop=103.0)
        kept["gone"] = s.sell(size=3, limit=110.0)

    def cancel(s):
        assert len(s.orders) == 2
        kept["gone"].cancel()
        assert (kept["limit"].status, kept["gone"].is_short, kept["gone"].size) == ("filled", True, -3)

    result, _ = scripted(close, {1: place, 4: cancel, 8: lambda s: kept.update(left=s.orders)})
    assert [(f[1], f[2], f[3]) for f in fills(result)] == [("buy", 1, 97.75), ("buy", 2, 103.0)]
    assert kept["left"] == ()


def test_a_stop_loss_is_set_moved_and_taken_away_on_the_trade():
    close = [100.0, 100, 100, 101, 104, 108, 108, 100, 100]
    levels: list[Any] = []

    def trail(s):
        trade = s.trades[0]
        trade.sl = s.data.Close[-1] - 5
        levels.append(trade.sl)

    def none(s):
        levels.append(s.trades[0].sl)

    script = {1: lambda s: s.buy(size=1), 2: none, 3: trail, 4: none, 5: trail, 6: none}
    result, _ = scripted(close, script)
    assert levels == [None, 96.0, 96.0, 103.0, 103.0]
    assert fills(result)[-1][3] == 103.0

    def free(s):
        s.trades[0].sl = None
        s.trades[0].tp = 150.0

    script = {
        1: lambda s: s.buy(size=1, sl=96.0),
        2: free,
        4: lambda s: levels.append((s.trades[0].sl, s.trades[0].tp)),
    }
    result, strategy = scripted([*close[:7], 90.0, 90.0], script)
    assert levels[-1] == (None, 150.0)
    assert strategy.position.size == 1


def test_an_exclusive_order_closes_what_is_held_first():
    class Flip(wl.SimpleStrategy):
        exclusive_orders = True

        def next(self):
            if len(self.data) == 3:
                self.buy(size=5)
            elif len(self.data) == 6:
                self.sell(size=5)

    strategy = Flip()
    one_instance(strategy, bars_of([100.0] * 10))
    assert strategy.position.size == -5
    assert [t.size for t in strategy.closed_trades] == [5]


def test_a_window_begins_later_and_still_knows_the_past():
    seen: list[int] = []

    class Look(wl.SimpleStrategy):
        def init(self):
            self.x = self.I(average, self.data.Close, 50)

        def next(self):
            seen.append(len(self.data))

    one(Look, bars_of(walk(100)), start="1970-03-01")
    assert seen == list(range(60, 101))


def test_lines_compute_compare_and_speak_pandas():
    pytest.importorskip("pandas")
    checked = []

    class Math(wl.SimpleStrategy):
        def init(self):
            self.x = self.I(average, self.data.Close, 4)

        def next(self):
            now = self.data.Close[-1] > self.x[-1]
            assert bool(self.data.Close > self.x) == now
            assert float(self.data.Close - 2 * self.x) == pytest.approx(self.data.Close[-1] - 2 * self.x[-1])
            assert float(abs(-self.x)) == self.x[-1]
            assert (1 / self.x)[-1] == 1 / self.x[-1]
            assert len(self.data.Close.s) == len(self.data.df) == len(self.data)
            assert self.data.df["Close"].iloc[-1] == self.data["close"][-1] == self.data.close[-1]
            assert (
                self.data.index[-1]
                == self.data.index[:][-1].item()
                == datetime.fromisoformat(f"1970-01-{len(self.data):02}")
            )
            checked.append(now)

    one(Math, bars_of(walk(25)))
    assert len(checked) == 21


def test_crossover_takes_lines_arrays_and_numbers():
    assert wl.crossover([1, 3], [2, 2])
    assert not wl.crossover([2, 3], [2, 2])
    assert not wl.crossover([3], [2])
    assert wl.crossover(2, [3, 1])
    assert not wl.crossover([math.nan, 3], 2)
    with pytest.raises(DataError, match="crossover takes two of lines, arrays and numbers, not NoneType and int"):
        wl.crossover(None, 3)


# ---- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda s: s.buy(size=1.5), "size is 1.5; give whole units, or a share of equity"),
        (lambda s: s.buy(size=0), "size is 0"),
        (lambda s: s.sell(size=-3), "size is -3"),
        (lambda s: s.buy(sl=110.0), r"buy near 100 with sl=110.0 and tp=None: the order must be sl < price < tp"),
        (lambda s: s.sell(sl=90.0), r"sell near 100 with tp=None and sl=90.0: the order must be tp < price < sl"),
        (lambda s: s.buy(limit=90.0, tp=89.0), "buy near 90"),
        (lambda s: (s.position.close(2), s.buy()), None),
    ],
)
def test_an_order_that_makes_no_sense_is_an_error_that_says_why(act, message):
    if message is None:
        scripted([100.0] * 5, {2: act})
    else:
        with pytest.raises(OrderError, match=message):
            scripted([100.0] * 5, {2: act})


def test_orders_before_there_is_a_price_are_refused():
    class Early(wl.SimpleStrategy):
        def init(self):
            self.buy()

    with pytest.raises(OrderError, match=r"orders and positions live in next\(\)"):
        one(Early, bars_of([100.0] * 5))


def test_wrong_data_parameters_and_indicators_are_named():
    many = wl.data.bars_from_frame(wl.data.load_demo_prices())
    with pytest.raises(ConfigError, match="for bars of one instrument, and the data has 20"):
        wl.backtest.run(Cross, many)
    with pytest.raises(ConfigError, match="the data has 20 instruments; pick one"):
        wl.simple.Backtest(many, Cross)
    with pytest.raises(ConfigError, match="is no class of walras"):
        wl.simple.Backtest(many["KO"], wl.Strategy)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="margin is 0"):
        wl.simple.Backtest(many["KO"], Cross, margin=0)
    with pytest.raises(ConfigError, match="commission is 2"):
        wl.simple.Backtest(many["KO"], Cross, commission=2)
    with pytest.raises(ConfigError, match="Cross has no parameter 'n3'; known: n1, n2"):
        wl.simple.Backtest(many["KO"], Cross).run(n3=4)
    assert Cross.schema() == {"n1": "int", "n2": "int"}
    assert Cross(n1=7).parameters == {"n1": 7, "n2": 20}

    class Short(wl.SimpleStrategy):
        def init(self):
            self.x = self.I(lambda c: c[1:], self.data.Close)

    class Empty(wl.SimpleStrategy):
        def init(self):
            self.x = self.I(average, self.data.Close, 99)

    with pytest.raises(DataError, match=r"gives shape \(29,\) for 30 bars"):
        one(Short, bars_of(walk(30)))
    with pytest.raises(DataError, match="has no value in 30 bars; give more bars or a shorter period"):
        one(Empty, bars_of(walk(30)))

    class Bad(wl.SimpleStrategy):
        def next(self):
            self.data.closed  # noqa: B018

    with pytest.raises(AttributeError, match=r"self\.data has no 'closed'; it has Open, High"):
        one(Bad, bars_of(walk(30)))


def test_defaults_cost_money_and_leverage_must_be_asked_for():
    bars = bars_of(walk())
    free = wl.simple.Backtest(bars, Cross, commission=0, spread=0).run()
    assert float(wl.simple.Backtest(bars, Cross).run().stats["fees_paid"] or 0) > 0
    assert free.stats["fees_paid"] == 0

    class All(wl.SimpleStrategy):
        def next(self):
            if len(self.data) == 2:
                self.buy(size=150)

    flat = bars_of([100.0] * 6)
    assert wl.simple.Backtest(flat, All, commission=0, spread=0).run().orders["status"].to_list() == ["denied"]
    assert wl.simple.Backtest(flat, All, commission=0, spread=0, margin=0.5).run().fills["quantity"].to_list() == [150]


def test_the_printout_has_the_names_that_its_readers_know(guide):
    mine_too = wl.simple.Backtest(guide["GOOG"], guide["CrossHere"], commission=0, spread=0, finalize_trades=True)
    text = wl.simple.printout(mine_too.run())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = guide["backtesting"].Backtest(guide["GOOG"], guide["CrossThere"], finalize_trades=True).run()
    mine = dict(line.rsplit(None, 1) for line in text.splitlines())
    for name in ("Equity Final [$]", "Return [%]", "Max. Drawdown [%]", "Exposure Time [%]"):
        assert float(mine[name]) == pytest.approx(theirs[name], rel=2e-3)
    assert mine["Start"] == "2004-08-19"


def test_the_command_line_runs_it(tmp_path):
    from walras import cli

    path = tmp_path / "mine.py"
    path.write_text(
        "import walras as wl\n"
        "class Mine(wl.SimpleStrategy):\n"
        "    n = 10\n"
        "    def init(self):\n"
        "        self.x = self.I(wl.indicators.sma, self.data.Close, self.n)\n"
        "    def next(self):\n"
        "        if wl.crossover(self.data.Close, self.x):\n"
        "            self.buy()\n"
        "        elif wl.crossover(self.x, self.data.Close):\n"
        "            self.position.close()\n"
    )
    assert cli.run(["backtest", f"{path}:Mine", "--data", "demo:KO", "--set", "n=50", "--quiet"]) == 0
    assert cli.run(["backtest", f"{path}:Mine", "--data", "demo:KO,PEP", "--quiet"]) == 2
