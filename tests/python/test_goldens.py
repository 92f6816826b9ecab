"""Published results of other engines, to the last digit (docs/guides/goldens.md).

The numbers come from NautilusTrader, LEAN and backtesting.py; where they stand is written in each test.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import walras as wl

HERE = Path(__file__).resolve()
PLACES = (HERE.parents[3] / "shared/data", HERE.parents[4] / "shared/data")
SHARED = next((p for p in PLACES if p.exists()), HERE / "none")
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is absent")


def test_g5_five_quotes_two_orders_and_two_fees() -> None:
    """NautilusTrader, test_backtest_result_summary_parity_smoke: 20.00 earned, 1.40 + 1.40 paid."""

    class Smoke(wl.Strategy):
        def on_start(self, ctx: wl.Context) -> None:
            self.ticks = 0

        def on_quote(self, ctx: wl.Context, quote: wl.Quote) -> None:
            self.ticks += 1
            if self.ticks == 2:
                ctx.buy(quote.instrument, 100_000)
            elif self.ticks == 4:
                ctx.sell(quote.instrument, 100_000)

    price = np.array([0.70000, 0.70000, 0.70010, 0.70020, 0.70020])
    quotes = wl.data.Quotes.from_columns("AUD/USD.SIM", np.arange(1, 6) * 1_000_000_000, price, price)
    for settlement in ("variation", "full"):
        pair = wl.Instrument(name="AUD/USD.SIM", kind="currency_pair", base="AUD", settlement=settlement)
        result = wl.backtest.run(
            Smoke(),
            quotes,
            cash=1_000_000,
            fees=wl.fees.bps(0.2, decimals=2),
            latency=wl.latency.none(),
            instruments=[pair],
        )
        assert result.accounts["main"]["balances"] == {"USD": "1000017.20"}
        assert len(result.orders) == 2
        assert result.fills["fee"].to_list() == [1.4, 1.4]
        assert result.fills["rule"].to_list() == ["quote", "quote"]


def test_g5_on_two_venues_each_account_keeps_its_own_books() -> None:
    """The two-venue variant ends with 100,000.29995000 USDT at the second venue.

    Its quotes are not published; one unit bought at 1.10 and sold at 1.40 for 0.2 bp of each notional is a reading that
    gives the number: 0.30 - 0.000022 - 0.000028.
    """
    price = np.array([1.1, 1.1, 1.2, 1.4, 1.4])
    ts = np.arange(1, 6) * 1_000_000_000
    first = np.array([0.70000, 0.70000, 0.70010, 0.70020, 0.70020])

    class Both(wl.Strategy):
        def on_start(self, ctx: wl.Context) -> None:
            self.seen: dict[str, int] = {}

        def on_quote(self, ctx: wl.Context, quote: wl.Quote) -> None:
            n = self.seen[quote.instrument] = self.seen.get(quote.instrument, 0) + 1
            size = 100_000 if quote.instrument.startswith("AUD") else 1
            if n == 2:
                ctx.buy(quote.instrument, size)
            elif n == 4:
                ctx.sell(quote.instrument, size)

    result = wl.backtest.run(
        Both(),
        [
            wl.data.Quotes.from_columns("AUD/USD.SIM", ts, first, first),
            wl.data.Quotes.from_columns("XUSDT.OTHER", ts, price, price),
        ],
        fees=wl.fees.bps(0.2),
        latency=wl.latency.none(),
        account=[
            wl.backtest.Account(cash=1_000_000),
            wl.backtest.Account(name="other", currency="USDT", cash=100_000, venues=["OTHER"]),
        ],
        instruments=[
            wl.Instrument(name="AUD/USD.SIM", kind="currency_pair", base="AUD", settlement="variation"),
            wl.Instrument(name="XUSDT.OTHER", currency="USDT", settlement="variation"),
        ],
    )
    assert result.accounts["main"]["balances"] == {"USD": "1000017.1996"}  # without rounding the fee to cents
    assert result.accounts["other"]["balances"] == {"USDT": "100000.29995000"}


@needs_shared
def test_g2_ema_cross_on_bars_built_from_ticks_in_a_cash_account() -> None:
    """NautilusTrader: TestBacktestAcceptanceTestsBTCUSDTEmaCrossTWAP, ..._ema_cross_with_trade_ticks_from_bar_data."""
    result = run_g2(close_tick_in_bar=True)
    assert len(result.orders) == 902
    assert result.accounts["main"]["balances"] == {"USDT": "9999954.94313300", "BTC": "10.00000000"}


@needs_shared
def test_g2_notices_when_the_close_tick_is_left_out_of_its_bar() -> None:
    assert len(run_g2(close_tick_in_bar=False).orders) == 894


def run_g2(*, close_tick_in_bar: bool) -> wl.BacktestResult:
    class EmaCross(wl.Strategy):
        def on_start(self, ctx: wl.Context) -> None:
            self.fast = wl.indicators.Ema(10, seed="first")
            self.slow = wl.indicators.Ema(20, seed="first")
            self.bars = 0

        def on_bar(self, ctx: wl.Context, bar: wl.Bar) -> None:
            fast, slow = self.fast.update(bar.close), self.slow.update(bar.close)
            self.bars += 1
            if self.bars < 20 or bar.open == bar.high == bar.low == bar.close:
                return
            held = ctx.position(bar.instrument).quantity
            if fast >= slow and held <= 0:
                ctx.close(bar.instrument)
                ctx.buy(bar.instrument, "0.001")
            elif fast < slow and held >= 0:
                ctx.close(bar.instrument)
                ctx.sell(bar.instrument, "0.001")

        def on_stop(self, ctx: wl.Context) -> None:
            ctx.close("BTCUSDT.BINANCE")

    rows = pl.read_csv(SHARED / "minute/nautilus_btc_perp_1m_20211231_20220201.csv.gz").head(10_000)
    rows = rows.with_columns(pl.col("open", "high", "low", "close").round(2))
    bars = wl.data.read_bars(rows, instrument="BTCUSDT.BINANCE", step="1m", stamp="close")
    quotes = wl.data.bars_to_quotes(bars, offsets_ms=(-300, -200, -100, 0))
    if close_tick_in_bar:
        minutes = wl.data.quotes_to_bars(quotes, "1m")
    else:  # the tick at the stamp opens the next bar
        late = wl.data.Quotes.from_columns(quotes.instrument, quotes.ts + 1, quotes.bid, quotes.ask)
        minutes = wl.data.quotes_to_bars(late, "1m")
    return wl.backtest.run(
        EmaCross(),
        [quotes, minutes],
        cash=10_000_000,
        currency="USDT",
        balances={"BTC": 10},
        account="cash",
        fees=wl.fees.bps(10, decimals=8),
        latency=wl.latency.none(),
        instruments=[
            wl.Instrument(
                name="BTCUSDT.BINANCE",
                kind="currency_pair",
                base="BTC",
                currency="USDT",
                tick_size="0.01",
                lot_size="0.000001",
            )
        ],
    )


@needs_shared
def test_g3_buys_spy_at_the_adjusted_ask_and_marks_at_the_last_trade() -> None:
    """LEAN, BasicTemplateAlgorithm.cs: end equity 101691.92, fees $3.44, 1 order.

    (LEAN also counts 3,943 data points: its own bookkeeping, no property of the account.)
    """

    class BuyOnce(wl.Strategy):
        def on_start(self, ctx: wl.Context) -> None:
            self.done = False

        def on_bar(self, ctx: wl.Context, bar: wl.Bar) -> None:
            if not self.done:
                self.done = True
                ctx.buy(bar.instrument, percent="99.75%")

    new_york, factors = "America/New_York", SHARED / "daily/lean_spy_factor_file.csv"
    minute_file = SHARED / "minute/lean_spy_minute_trade_20131007_11.csv.gz"
    quote_file = SHARED / "minute/lean_spy_minute_quote_20131007_11.csv.gz"
    trades = wl.data.read_bars(minute_file, instrument="SPY", tz=new_york, adjust=factors)
    quotes = wl.data.read_quotes(quote_file, instrument="SPY", tz=new_york, adjust=factors)
    frame = trades.frame()
    local = frame["ts_open"].dt.convert_time_zone("America/New_York")
    minute = local.dt.hour().cast(pl.Int32) * 60 + local.dt.minute().cast(pl.Int32)
    regular = frame.filter((minute >= 570) & (minute < 960))
    bars = wl.data.Bars.from_columns(
        "SPY",
        regular["ts_close"].to_numpy(),
        *(regular[c].to_numpy() for c in ("open", "high", "low", "close", "volume")),
        ts_open=regular["ts_open"].to_numpy(),
    )
    last = int(bars.ts_close[-1])
    result = wl.backtest.run(
        BuyOnce(),
        [quotes.between(None, last + 1), bars],
        cash=100_000,
        fees=wl.fees.per_share("0.005", minimum=1),
        latency=wl.latency.none(),
    )
    assert len(result.orders) == 1
    assert result.fills["quantity"].to_list() == [688.0]
    assert result.fills["price"][0] == pytest.approx(167.45 * 0.8646266, abs=1e-6)  # the price grid of the golden
    assert result.fills["fee"].to_list() == [3.44]
    assert result.stats["final_equity"] == pytest.approx(101_691.92, abs=0.005)


def run_g4() -> wl.BacktestResult:
    class Cross(wl.Strategy):
        def on_start(self, ctx: wl.Context) -> None:
            self.fast, self.slow = wl.indicators.Sma(10), wl.indicators.Sma(30)
            self.before: tuple[float, float] | None = None

        def on_bar(self, ctx: wl.Context, bar: wl.Bar) -> None:
            fast, slow = self.fast.update(bar.close), self.slow.update(bar.close)
            if not self.slow.is_ready:
                return
            if self.before is not None:
                was_fast, was_slow = self.before
                if was_fast < was_slow and fast > slow:
                    ctx.close(bar.instrument)
                    ctx.buy(bar.instrument, percent="100%")
                elif was_fast > was_slow and fast < slow:
                    ctx.close(bar.instrument)
                    ctx.sell(bar.instrument, percent="100%")
            self.before = (fast, slow)

    bars = wl.data.read_bars(SHARED / "daily/backtestingpy_goog_2004_2013.csv.gz", instrument="GOOG", step="1d")
    return wl.backtest.run(Cross(), bars, cash=10_000, fees=0, slippage=0, at_end="close_at_open")


@needs_shared
def test_g4_sma_cross_on_goog_with_fills_at_the_next_open() -> None:
    """backtesting.py, test_compute_stats: 66 trades, 51422.99, Sharpe .5806232244, max drawdown -47.98012705 %."""
    result = run_g4()
    assert result.stats["final_equity"] == 51_422.99
    assert len(result.trades) == 66
    assert result.stats["sharpe_geometric"] == pytest.approx(0.5806232244, rel=1e-8)
    assert result.stats["max_drawdown"] == pytest.approx(-0.4798012705, rel=1e-8)
