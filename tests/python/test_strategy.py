"""Strategies in Python: what their authors may rely on."""

from __future__ import annotations

import os
import signal
import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, ClassVar

import numpy as np
import pytest

import walras as wl
from walras.data import Bars, Quotes

SECOND = 1_000_000_000
START = 1_704_067_200 * SECOND


def bars(n: int = 20, name: str = "A", *, seed: int = 1, step: int = 60, offset: int = 0) -> Bars:
    rng = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.01, n))), 2)
    open_ = np.round(close * (1 + rng.normal(0, 0.002, n)), 2)
    high, low = np.maximum(open_, close) + 0.25, np.minimum(open_, close) - 0.25
    ts = START + (np.arange(n, dtype=np.int64) + 1 + offset) * step * SECOND
    return Bars.from_columns(name, ts, open_, high, low, close, np.full(n, 1e4), ts_open=ts - step * SECOND)


def quotes(n: int = 20) -> Quotes:
    ts = START + np.arange(n, dtype=np.int64) * SECOND
    bid = 100 + 0.01 * np.arange(n)
    return Quotes.from_columns("A", ts, bid, bid + 0.02, np.full(n, 100.0), np.full(n, 100.0))


def run(strategy: Any, data: Any = None, **more: Any) -> Any:
    settings: dict[str, Any] = {"fees": 0, "slippage": 0, "latency": wl.latency.none()}
    return wl.backtest.run(strategy, bars() if data is None else data, **(settings | more))


# ---- exceptions ----------------------------------------------------------------------------------------------------


class MineError(Exception):
    pass


def raise_here() -> None:
    raise MineError("from the strategy", 42)


class Raises(wl.Strategy):
    where: str = "on_bar"

    def at(self, name: str, ctx: Any) -> None:
        if name == self.where:
            raise_here()

    def on_start(self, ctx: Any) -> None:
        self.at("on_start", ctx)
        ctx.wake_after(1.0)

    def on_bars(self, ctx: Any, bars: Any) -> None:
        self.at("on_bars", ctx)

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.at("on_bar", ctx)
        ctx.buy(bar.instrument, 1)

    def on_quote(self, ctx: Any, quote: Any) -> None:
        self.at("on_quote", ctx)

    def on_order(self, ctx: Any, update: Any) -> None:
        self.at("on_order", ctx)

    def on_timer(self, ctx: Any, timer: int) -> None:
        self.at("on_timer", ctx)

    def on_stop(self, ctx: Any) -> None:
        self.at("on_stop", ctx)


@pytest.mark.parametrize("where", ["on_start", "on_bars", "on_bar", "on_quote", "on_order", "on_timer", "on_stop"])
def test_an_exception_in_a_callback_surfaces_unchanged_with_its_own_traceback(where: str) -> None:
    with pytest.raises(MineError) as caught:
        run(Raises(where=where), [bars(), quotes()] if where == "on_quote" else bars())
    assert caught.value.args == ("from the strategy", 42)
    frames = [f.name for f in traceback.extract_tb(caught.value.__traceback__)]
    assert frames[-3:] == [where, "at", "raise_here"]


def test_after_an_exception_the_next_run_works() -> None:
    with pytest.raises(MineError):
        run(Raises(where="on_bar"))
    assert len(run("buy_and_hold").fills) == 1


# ---- parameters ----------------------------------------------------------------------------------------------------


class Typed(wl.Strategy):
    count: int = 3
    share: float = 0.5
    active: bool = True
    label: str = "x"
    warm_up: ClassVar[int] = 0


def test_annotated_attributes_are_the_schema() -> None:
    assert Typed.schema() == {"count": "int", "share": "float", "active": "bool", "label": "str"}
    assert Typed(count=np.int64(5), share=1).parameters == {"count": 5, "share": 1.0, "active": True, "label": "x"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cuont": 4}, ["cuont", "count"]),
        ({"zzz": 4}, ["zzz", "share", "label"]),
        ({"count": 2.5}, ["count", "2.5", "int"]),
        ({"count": True}, ["count", "True", "int"]),
        ({"active": 1}, ["active", "bool"]),
        ({"label": 7}, ["label", "str"]),
        ({"share": "half"}, ["share", "float"]),
    ],
)
def test_a_wrong_parameter_is_refused_with_its_name_value_and_type(given: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(wl.ConfigError) as caught:
        Typed(**given)
    assert all(w in str(caught.value) for w in words)


def test_subclasses_inherit_and_override_parameters() -> None:
    class Sub(Typed):
        count: int = 9
        more: int = 1

    assert Sub().parameters == {"count": 9, "share": 0.5, "active": True, "label": "x", "more": 1}


# ---- what is kept --------------------------------------------------------------------------------------------------


class Keeps(wl.Strategy):
    def on_start(self, ctx: Any) -> None:
        self.ctx = ctx
        self.bars: list[Any] = []
        self.values: list[Any] = []
        self.updates: list[Any] = []
        self.views: list[Any] = []

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.bars.append(bar)
        self.values.append((bar.open, bar.high, bar.low, bar.close, bar.ts))
        self.views.append(ctx.position(bar.instrument))
        ctx.buy(bar.instrument, 1, tag="first")

    def on_order(self, ctx: Any, update: Any) -> None:
        self.updates.append(update)


def test_kept_bars_stay_as_they_were() -> None:
    s = Keeps()
    run(s, bars(50))
    assert [(b.open, b.high, b.low, b.close, b.ts) for b in s.bars] == s.values
    assert len({id(b) for b in s.bars}) == 50
    with pytest.raises(AttributeError):
        s.bars[0].close = 1.0


def test_a_context_outside_its_callbacks_raises_and_orders_can_be_kept() -> None:
    s = Keeps()
    run(s)
    for use in (
        lambda: s.ctx.equity,
        lambda: s.ctx.now,
        lambda: s.ctx.buy("A", 1),
        lambda: s.ctx.position("A"),
        lambda: s.ctx.last_price("A"),
        lambda: s.ctx.history("A", 2),
        lambda: s.ctx.instruments,
        lambda: s.ctx.open_orders,
        lambda: s.ctx.cancel_all(),
        lambda: s.views[0].quantity,
        lambda: bool(s.views[0]),
    ):
        with pytest.raises(wl.ConfigError, match="callbacks"):
            use()
    assert {u.order.quantity for u in s.updates} == {1.0}
    assert s.updates[0].order.tag == "first"
    assert "buy" in repr(s.updates[0].order)


def test_positions_may_outlive_their_context() -> None:
    s = Keeps()
    run(s)
    del s.ctx
    with pytest.raises(wl.ConfigError, match="position"):
        _ = s.views[0].quantity


# ---- what arrives --------------------------------------------------------------------------------------------------


def test_on_bars_has_all_bars_of_one_timestamp() -> None:
    seen: list[tuple[int, list[str]]] = []

    class Watch(wl.Strategy):
        def on_bars(self, ctx: Any, bars: dict[str, Any]) -> None:
            assert all(b.ts == ctx.now for b in bars.values())
            assert all(b.instrument == name for name, b in bars.items())
            seen.append((ctx.now, list(bars)))

    run(Watch(), [bars(5, "B"), bars(5, "A"), bars(5, "C", offset=2)])
    names = [n for _, n in seen]
    assert names == [["B", "A"]] * 2 + [["B", "A", "C"]] * 3 + [["C"]] * 2


def test_a_decision_at_a_close_has_not_seen_the_open_of_the_same_time() -> None:
    # Each bar opens at the very time at which the one before it closed; the second open gaps over the limit.
    ts = START + np.arange(1, 4, dtype=np.int64) * 60 * SECOND
    prices = [[100, 90, 90], [101, 91, 91], [99, 89, 89], [100, 90, 90]]
    data = Bars.from_columns("A", ts, *np.array(prices, dtype=float), ts_open=ts - 60 * SECOND)

    class Watch(wl.Strategy):
        def on_start(self, ctx: Any) -> None:
            self.seen: list[float] = []

        def on_bar(self, ctx: Any, bar: Any) -> None:
            self.seen.append(ctx.position("A").quantity)

        def on_order(self, ctx: Any, update: Any) -> None:
            if update.is_fill and update.order.limit is None:
                ctx.buy("A", 1, limit=95)

    class First(Watch):
        def on_start(self, ctx: Any) -> None:
            super().on_start(ctx)
            ctx.target("A", quantity=1)

    s = First()
    result = run(s, data)
    assert s.seen == [1.0, 2.0, 2.0]
    assert result.fills["price"].to_list() == [100.0, 90.0]


def test_history_ends_with_the_current_bar() -> None:
    class Look(wl.Strategy):
        n: int = 0

        def on_bar(self, ctx: Any, bar: Any) -> None:
            self.n += 1
            h = ctx.history(bar.instrument, 3)
            assert len(h) == min(self.n, 3)
            assert h[-1].close == bar.close == h.close[-1]
            if self.n > 1:
                assert ctx.history("A", 2)[0].close == data.close[self.n - 2]
            with pytest.raises(IndexError):
                _ = h[3]
            with pytest.raises(wl.ConfigError, match="history"):
                ctx.history("A", 10_000)

    data = bars(10)
    run(Look(), data)


def test_warm_up_bars_are_not_shown() -> None:
    class Warm(wl.Strategy):
        warm_up: ClassVar[int] = 5

        def on_start(self, ctx: Any) -> None:
            self.seen = 0

        def on_bar(self, ctx: Any, bar: Any) -> None:
            self.seen += 1
            assert len(ctx.history("A", 6)) == 6

    s = Warm()
    run(s)
    assert s.seen == 15


def test_timers_come_at_their_time() -> None:
    class Alarm(wl.Strategy):
        def on_start(self, ctx: Any) -> None:
            self.times: list[int] = []
            ctx.wake_at(START + 90 * SECOND)
            ctx.cancel_timer(ctx.wake_at(START + 91 * SECOND))

        def on_timer(self, ctx: Any, timer: int) -> None:
            self.times.append(ctx.now)
            ctx.wake_after(600.0)

    s = Alarm()
    run(s)
    assert s.times == [START + 90 * SECOND, START + 690 * SECOND]


# ---- wrong requests ------------------------------------------------------------------------------------------------


def attempt(action: Any, **more: Any) -> None:
    class One(wl.Strategy):
        def on_bar(self, ctx: Any, bar: Any) -> None:
            action(ctx)

    tick = wl.Instrument(name="A", tick_size="0.05", lot_size="0.1")
    run(One(), bars(3), instruments=[tick], **more)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (lambda c: c.buy("A", 1, limit=100.02), ["100.02", "0.05", "100", "100.05"]),
        (lambda c: c.sell("A", 1, stop="99.97"), ["99.97", "99.95", "100"]),
        (lambda c: c.buy("A", 1.25), ["1.25", "1.2", "1.3"]),
        (lambda c: c.buy("A", -1), ["-1", "sell"]),
        (lambda c: c.buy("A", float("nan")), ["nan"]),
        (lambda c: c.buy("A", float("inf")), ["inf"]),
        (lambda c: c.buy("A", True), ["bool"]),
        (lambda c: c.buy("A", np.bool_(True)), ["bool"]),
        (lambda c: c.buy("A", ""), ["Quantity"]),
        (lambda c: c.buy("A", "ten"), ["ten"]),
        (lambda c: c.buy("A"), ["quantity", "value", "percent"]),
        (lambda c: c.buy("A", 1, value=100), ["exactly one"]),
        (lambda c: c.buy("A", percent=-0.5), ["positive"]),
        (lambda c: c.buy("A", percent=float("nan")), ["nan"]),
        (lambda c: c.buy("A", value=0), ["positive"]),
        (lambda c: c.buy("A", 1, tif="forever"), ["forever", "gtc"]),
        (lambda c: c.buy("A", 1, trail=1, stop=99), ["trailing"]),
        (lambda c: c.target("A"), ["exactly one"]),
        (lambda c: c.replace(99, limit=100), ["99"]),
    ],
)
def test_a_senseless_request_raises_with_fact_and_remedy(action: Any, words: list[str]) -> None:
    with pytest.raises(wl.OrderError) as caught:
        attempt(action)
    assert all(w in str(caught.value) for w in words), str(caught.value)


def test_an_unknown_instrument_names_what_is_known() -> None:
    for action in (lambda c: c.buy("ZZZ", 1), lambda c: c.position("ZZZ"), lambda c: c.history("ZZZ", 1)):
        with pytest.raises(wl.ConfigError) as caught:
            attempt(action)
        assert "ZZZ" in str(caught.value)
        assert "A" in str(caught.value)


def test_a_quantity_of_zero_is_denied_and_says_why() -> None:
    class Zero(wl.Strategy):
        def on_start(self, ctx: Any) -> None:
            self.heard: list[str] = []

        def on_bar(self, ctx: Any, bar: Any) -> None:
            ctx.buy("A", 0)

        def on_order(self, ctx: Any, update: Any) -> None:
            self.heard.append(update.reason)
            assert update.message

    s = Zero()
    run(s, bars(2))
    assert s.heard == ["invalid_quantity"] * 2


# ---- interruption, threads -----------------------------------------------------------------------------------------


def test_ctrl_c_in_the_middle_keeps_what_was_done_and_says_so() -> None:
    class Slow(wl.Strategy):
        def on_start(self, ctx: Any) -> None:
            self.n = 0
            self.stopped = False

        def on_bar(self, ctx: Any, bar: Any) -> None:
            self.n += 1
            if self.n == 1:
                ctx.buy("A", 1)
            if self.n == 100:
                threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
            if self.n >= 100:
                time.sleep(0.001)

        def on_stop(self, ctx: Any) -> None:
            self.stopped = True

    s = Slow()
    result = run(s, bars(20_000))
    assert result.interrupted
    assert 100 <= s.n < 20_000
    assert s.stopped
    assert len(result.fills) == 1


@pytest.mark.parametrize("how", ["signal", "raise", "false"])
def test_ctrl_c_or_the_progress_callback_end_a_run_without_python_strategies(how: str) -> None:
    n = 100_000
    data = Bars.from_columns("A", START + np.arange(1, n + 1) * SECOND, *[np.full(n, 100.0)] * 4, step="1s")

    def progress(ts: int, events: int) -> bool:
        if how == "signal":
            os.kill(os.getpid(), signal.SIGINT)
        if how == "raise":
            raise KeyboardInterrupt
        return how != "false"

    result = run("buy_and_hold", data, progress=progress)
    assert result.interrupted
    assert len(result.equity) < n
    assert len(result.fills) == 1


def test_an_exception_in_the_progress_callback_surfaces() -> None:
    n = 20_000
    data = Bars.from_columns("A", START + np.arange(1, n + 1) * SECOND, *[np.full(n, 100.0)] * 4, step="1s")
    with pytest.raises(MineError):
        run("buy_and_hold", data, progress=lambda ts, events: raise_here())


def test_library_strategies_run_without_the_gil() -> None:
    n = 400_000
    rng = np.random.default_rng(3)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 1e-4, n))), 4)
    data = Bars.from_columns("A", START + np.arange(1, n + 1) * SECOND, *[close] * 4, step="1s")
    done: list[float] = []
    ticks = 0

    def work() -> None:
        run("sma_cross", data)
        done.append(time.perf_counter())

    thread = threading.Thread(target=work)
    thread.start()
    while thread.is_alive():
        ticks += 1
        time.sleep(0.0005)
    assert done
    assert ticks > 5  # this thread went on while the other one ran


def test_two_runs_in_parallel_agree_with_one_alone() -> None:
    data = bars(5_000)
    alone = run("sma_cross", data).signature
    got: list[str] = []
    threads = [threading.Thread(target=lambda: got.append(run("sma_cross", data).signature)) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert got == [alone] * 4


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"size_buffer": -1}, "size_buffer = -1 must be a fraction"),  # divided by zero once
        ({"cash": -5}, "cash = -5 is negative"),
        ({"seed": 1.5}, "seed = 1.5 must be a whole number"),
        ({"volume_share": 2}, "volume_share = 2 must be a fraction"),
        ({"fees": "x"}, "such as wl.fees.bps"),
        ({"slippage": "1bps"}, "such as wl.slippage.bps"),
        ({"latency": 5}, "such as wl.latency.constant"),
        ({"account": "cash", "leverage": 3}, "never borrows"),
        ({"account": wl.backtest.Account(cash=5_000), "cash": 7}, "say it in Account"),
        ({"account": []}, "names no account"),
        ({"start": "soon"}, "is not a time"),
        ({"instruments": ["A"]}, "give wl.Instrument"),
        ({"instruments": [wl.Instrument(name="B")]}, "which has no data; the data has: A"),
        ({"actions": [wl.backtest.CorporateAction(instrument="A", ts=5, kind="splt")]}, "choose one of: split"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(wl.ConfigError) as caught:
        wl.backtest.run("buy_and_hold", bars(), **settings)
    assert says in str(caught.value)


def test_a_window_without_data_is_an_error() -> None:
    with pytest.raises(wl.DataError, match="no data lies between"):
        wl.backtest.run("buy_and_hold", bars(), start=5, end=3)


def test_a_window_may_be_text() -> None:
    data = bars(60)
    text = wl.backtest.run("buy_and_hold", data, start="2024-01-01T00:30", end="2024-01-01")
    number = wl.backtest.run("buy_and_hold", data, start=START + 30 * 60 * SECOND)
    assert text.signature == number.signature != wl.backtest.run("buy_and_hold", data).signature


def test_the_settings_name_the_cash_of_the_account() -> None:
    result = wl.backtest.run("buy_and_hold", bars(), account=wl.backtest.Account(cash=5_000))
    assert result.settings["cash"] == 5_000


def test_a_misspelt_callback_is_an_error_that_names_the_right_one() -> None:
    with pytest.raises(wl.ConfigError, match=r"on_bra is never called; did you mean 'on_bar'"):
        type("Typo", (wl.Strategy,), {"on_bra": lambda self, ctx, bar: None})


# ---- wrong calls ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "kind", "message"),
    [
        (lambda c: c.buy("A", 1, tif=5), TypeError, "buy(): tif = 5 is of type int; give a text."),
        (lambda c: c.buy("A", 1, post_only="yes"), TypeError, "post_only = 'yes' is of type str; give True or False."),
        (lambda c: c.buy("A", 1, tag=None), TypeError, "tag = None is of type NoneType; give a text."),
        (lambda c: c.buy("A", 1, limt=99), TypeError, "buy() has no argument 'limt'; did you mean 'limit'?"),
        (lambda c: c.buy("A", 1, 99), TypeError, "3 values without a name were given, it takes instrument, quantity"),
        (lambda c: c.buy(), TypeError, "buy(): instrument is missing."),
        (lambda c: c.buy("A", 1, quantity=1), TypeError, "quantity was given twice"),
        (lambda c: c.cancel("1"), TypeError, "cancel(): order = '1' is of type str; give a whole number or its Order."),
        (lambda c: c.history("A", -1), TypeError, "n = -1 is out of range"),
        (lambda c: c.wake_after("1"), TypeError, "seconds = '1' is of type str; give a number or a timedelta."),
        (lambda c: c.new_oco(7), TypeError, "1 values without a name were given, it takes nothing"),
        (lambda c: c.buy("A", 1, after="x"), wl.OrderError, "after = 'x' is not an id; give the number that ctx.buy"),
        (lambda c: c.buy("A", 1, oco=-1), wl.OrderError, "oco = -1 is not an id; give the number that ctx.new_oco()"),
        (lambda c: c.buy("A", 1, tif="gtd", expire="soon"), wl.OrderError, "Expire 'soon' is not ISO 8601"),
        (lambda c: c.buy("A", 1, tif="gtd", expire="2024-01-02"), wl.OrderError, "has no time zone; append Z"),
        (lambda c: c.wake_at(1.5), wl.OrderError, "Time 1.5 is not a time"),
        (lambda c: c.buy("A", percent=50), wl.OrderError, 'write 0.5 or "50%" for 50 percent, and "5000%"'),
        (lambda c: c.target("A", percent=-50), wl.OrderError, "Percent -50 would be -5000 %"),
        (lambda c: c.buy("A", percent="x%"), wl.OrderError, "Percent 'x%' is not one"),
        (lambda c: c.buy("A", 1, stop_loss_pct=5), wl.OrderError, 'write 0.05 or "5%" for 5 percent'),
    ],
)
def test_a_wrong_call_is_explained_in_one_sentence(action: Any, kind: type[Exception], message: str) -> None:
    class One(wl.Strategy):
        def on_bar(self, ctx: Any, bar: Any) -> None:
            action(ctx)

    with pytest.raises(kind) as caught:
        run(One(), bars(3))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_percent_of_more_than_all_is_what_it_says() -> None:
    class Levered(wl.Strategy):
        def on_bar(self, ctx: Any, bar: Any) -> None:
            if not ctx.position("A"):
                ctx.buy("A", percent="150%")

    result = run(Levered(), leverage=2, size_buffer=0)
    assert result.fills["quantity"][0] == 15_000 // result.fills["price"][0]


def test_times_are_taken_in_every_form() -> None:
    when = START + 90 * SECOND

    class Alarm(wl.Strategy):
        def on_start(self, ctx: Any) -> None:
            self.times: list[int] = []
            text = "2024-01-01T00:01:30Z"
            for form in (when, text, datetime.fromisoformat(text), np.datetime64(when, "ns")):
                ctx.wake_at(form)

        def on_timer(self, ctx: Any, timer: int) -> None:
            self.times.append(ctx.now)

    s = Alarm()
    run(s)
    assert s.times == [when] * 4


def test_a_step_without_a_fault_has_no_reason_and_no_message() -> None:
    seen: list[tuple[str, str, str]] = []

    class Once(wl.Strategy):
        def on_start(self, ctx: Any) -> None:
            self.sent = False

        def on_bar(self, ctx: Any, bar: Any) -> None:
            if not self.sent:
                self.sent = True
                ctx.buy("A", 1)
                ctx.buy("A", 1, stop_loss=1e6)

        def on_order(self, ctx: Any, update: Any) -> None:
            seen.append((update.step, update.reason, update.message))
            assert update.order.reason == update.reason

    result = run(Once(), bars(3))
    wrong = "a stop loss lies behind the entry's price, a take profit ahead of it"
    assert seen[0] == ("denied", "leg_on_wrong_side", wrong)
    assert {("accepted", "", ""), ("filled", "", "")} <= set(seen)
    assert "given 1000000, entry" in result.orders["message"][1]


# ---- accounts in several currencies --------------------------------------------------------------------------------


class BuysTwice(wl.Strategy):
    """Ten units after the first bar, half of the equity after the second."""

    def on_start(self, ctx: Any) -> None:
        self.bars = 0

    def on_bar(self, ctx: Any, bar: Any) -> None:
        self.bars += 1
        if self.bars == 1:
            ctx.buy(bar.instrument, 10)
        if self.bars == 2:
            ctx.buy(bar.instrument, percent="50%")


@pytest.mark.parametrize(("kind", "statuses"), [("cash", ["filled", "denied"]), ("margin", ["denied", "denied"])])
def test_money_without_any_rate_leaves_no_curve_and_refuses_only_what_needs_its_value(
    kind: str, statuses: list[str]
) -> None:
    result = run(BuysTwice(), account=kind, balances={"EUR": 5_000}, risk={"max_drawdown": 0.5})
    assert len(result.equity) == 0
    account = result.accounts["main"]
    assert account["balances"]["EUR"] == "5000.00"
    assert np.isnan(account["final_equity"])
    assert np.isnan(account["start_equity"])
    assert all(np.isnan(part) for part in account["explained"].values())
    assert result.orders["status"].to_list() == statuses
    assert result.orders["reason"][1] == "no_reference_price"
    assert "NaN" not in result.to_json()
    assert repr(result)


# ---- times and waits -------------------------------------------------------------------------------------------------


def ask(what: Callable[[Any], Any]) -> Any:
    """What a strategy gets that asks once, at its first bar."""

    class Asks(wl.Strategy):
        def on_start(self, ctx: Any) -> None:
            self.answers: list[Any] = []

        def on_bar(self, ctx: Any, bar: Any) -> None:
            if not self.answers:
                self.answers.append(what(ctx))

    asks = Asks()
    run(asks)
    return asks.answers[0]


NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "when",
    [
        NOON,
        NOON.astimezone(timezone(timedelta(hours=-5))),
        "2024-01-01T12:00:00Z",
        "2024-01-01T13:00+01:00",
        np.datetime64("2024-01-01T12:00"),
        int(NOON.timestamp()) * SECOND,
        np.int64(int(NOON.timestamp()) * SECOND),
    ],
)
def test_an_expiry_may_be_any_time_with_a_zone(when: Any) -> None:
    order = ask(lambda ctx: ctx.order(ctx.buy("A", 1, limit=1, tif="gtd", expire=when)))
    assert order.status == "submitted"


@pytest.mark.parametrize(
    ("when", "says"),
    [
        (NOON.replace(tzinfo=None), "has no time zone"),
        ("2024-01-01", "has no time zone"),
        (NOON.date(), "is not a time"),
        (2**70, "outside the times from 1677 to 2262"),
        (datetime(9999, 1, 1, tzinfo=UTC), "outside the times from 1677 to 2262"),
        (np.datetime64("9999-01-01"), "outside the times from 1677 to 2262"),
        (np.datetime64("NaT"), "is no time"),
        (np.float64(1.7e18), "is not a time"),
        (1.5, "is not a time"),
        (True, "is not a time"),
        ("noon", "is not ISO 8601"),
    ],
)
def test_what_is_no_moment_is_refused_in_a_sentence(when: Any, says: str) -> None:
    with pytest.raises(wl.OrderError, match=says):
        ask(lambda ctx: ctx.buy("A", 1, limit=1, tif="gtd", expire=when))
    with pytest.raises(wl.OrderError, match=says):
        ask(lambda ctx: ctx.wake_at(when))


@pytest.mark.parametrize("wait", [0, 1.5, timedelta(minutes=3), np.float64(2)])
def test_a_wait_is_a_number_of_seconds_or_a_timedelta(wait: Any) -> None:
    assert ask(lambda ctx: ctx.wake_after(wait)) == 1


@pytest.mark.parametrize("wait", [-1, float("nan"), float("inf"), 1e300, "soon", None, True, timedelta(days=-1)])
def test_what_is_no_wait_is_refused(wait: Any) -> None:
    with pytest.raises((wl.OrderError, TypeError), match=r"^seconds = .*; give "):
        ask(lambda ctx: ctx.wake_after(wait))


@pytest.mark.parametrize(
    ("what", "says"),
    [
        (lambda ctx: ctx.cancel(99), "Order 99 does not exist; give the number that ctx.buy returned"),
        (lambda ctx: ctx.replace(99, quantity=1), "Order 99 does not exist"),
        (lambda ctx: ctx.replace(ctx.buy("A", 1)), "changes nothing; give quantity=, limit= or stop="),
        (lambda ctx: ctx.replace(ctx.buy("A", 1), quantity=0), "Quantity must be positive"),
        (lambda ctx: ctx.replace(ctx.buy("A", 1, limit=5), limit=0), "says nothing; give a price"),
    ],
)
def test_a_change_of_nothing_is_refused(what: Callable[[Any], Any], says: str) -> None:
    with pytest.raises(wl.OrderError, match=says):
        ask(what)


def test_an_order_that_has_ended_may_be_cancelled_again() -> None:
    def twice(ctx: Any) -> int:
        order: int = ctx.buy("A", percent=0.5)
        ctx.cancel(order)
        ctx.cancel(order)
        return order

    assert ask(twice) == 1


def test_an_order_is_named_by_its_number_or_itself() -> None:
    def change(ctx: Any) -> tuple[int, int]:
        number: int = ctx.buy("A", 1, limit=5)
        (order,) = ctx.open_orders
        ctx.replace(order, limit=4)
        assert ctx.order(order).id == ctx.order(number).id == number
        ctx.cancel(order)
        return order.id, number

    seen, number = ask(change)
    assert seen == number


@pytest.mark.parametrize("cash", ["abc", "nan", float("inf"), -1, "-0.01"])
def test_cash_that_is_no_amount_is_refused_by_name(cash: Any) -> None:
    with pytest.raises(wl.ConfigError, match=r"^cash = .*; give "):
        run("buy_and_hold", cash=cash)


def test_an_order_that_a_split_cancels_says_so() -> None:
    class Waits(wl.Strategy):
        def on_bar(self, ctx: Any, bar: Any) -> None:
            if not ctx.open_orders:
                ctx.buy("A", 1, limit=1)

    split = wl.backtest.CorporateAction(
        instrument="A", kind="split", ts=datetime.fromtimestamp(START / SECOND + 600, tz=UTC), ratio=(2, 1)
    )
    orders = run(Waits(), actions=[split]).orders
    assert orders.select("status", "reason").row(0) == ("canceled", "corporate_action")


def test_a_linked_order_that_was_shrunk_and_then_filled_ends_without_a_reason() -> None:
    class Exits(wl.Strategy):
        def on_start(self, ctx: Any) -> None:
            self.asked = False

        def on_bar(self, ctx: Any, bar: Any) -> None:
            if not self.asked:
                self.asked = True
                pair = ctx.new_oco()
                ctx.buy("A", 20)
                ctx.sell("A", 20, limit=105, ouo=pair)
                ctx.sell("A", 20, stop=95, ouo=pair)

    o, h, low, c = np.array(
        [[100, 101, 99, 100], [100, 101, 99, 100], [101, 106, 100, 104], [104, 104.5, 94, 95], [95, 96, 94, 95.0]]
    ).T
    ts = START + (np.arange(5, dtype=np.int64) + 1) * 60 * SECOND
    volume = np.array([1000, 1000, 50, 1000, 1000.0])
    series = Bars.from_columns("A", ts, o, h, low, c, volume, ts_open=ts - 60 * SECOND)
    result = run(Exits(), series, volume_share=0.1)
    assert result.orders.select("status", "filled", "reason").rows() == [
        ("filled", 20, ""),
        ("canceled", 5, "contingency"),
        ("filled", 15, ""),
    ]
