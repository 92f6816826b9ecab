"""Runs on ticks from Python: books in strategies, the settings of the replay, and what refuses bad ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import walras as wl
from tests.python.data_files import shared

START = 1_704_067_200_000_000_000
MS = 1_000_000


class Feed:
    """Ticks by hand, one packet each."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Any]] = {
            k: [] for k in ("ts_init", "kind", "action", "side", "price", "size", "order", "flags")
        }

    def row(self, ms: int, kind: str, **what: Any) -> Feed:
        given = {
            "ts_init": START + ms * MS, "kind": kind, "action": None, "side": None, "price": 0.0, "size": 0.0,
            "order": 0, "flags": 4, **what,
        }  # fmt: skip
        for key, column in self.rows.items():
            column.append(given[key])
        return self

    def level(self, ms: int, side: str, price: float, size: float) -> Feed:
        return self.row(ms, "book_delta", action="update", side=side, price=price, size=size)

    def trade(self, ms: int, side: str, price: float, size: float) -> Feed:
        return self.row(ms, "trade", side=side, price=price, size=size)

    def ticks(self, symbol: str = "XYZ") -> wl.data.Ticks:
        return wl.data.Ticks.from_columns(symbol, **self.rows)


def usual() -> Feed:
    feed = Feed().level(0, "buy", 99.98, 20).level(0, "buy", 99.99, 10)
    return feed.level(0, "sell", 100.01, 10).level(0, "sell", 100.02, 20)


class Act(wl.Strategy):
    """Calls `what(ctx)` once, `at` milliseconds after the start."""

    def __init__(self, what: Any, at: int = 1) -> None:
        super().__init__()
        self.what, self.at, self.books = what, at, 0

    def on_start(self, ctx: wl.Context) -> None:
        ctx.wake_at(START + self.at * MS)

    def on_timer(self, ctx: wl.Context, timer: int) -> None:
        self.what(ctx)

    def on_book(self, ctx: wl.Context, book: wl.Book) -> None:
        self.books += 1


def run(what: Any, feed: Feed, **settings: Any) -> wl.BacktestResult:
    settings = {"latency": wl.latency.none(), "fees": 0, "cash": 1e6, **settings}
    return wl.backtest.run(Act(what), feed.ticks(), **settings)


def test_a_strategy_reads_the_book_as_it_has_reached_it() -> None:
    seen: dict[str, Any] = {}

    def look(ctx: wl.Context) -> None:
        book = ctx.book("XYZ")
        assert book is not None
        seen.update(
            bid=book.bid, ask_size=book.ask_size, mid=book.mid, ticks=book.spread_ticks, depth=book.depth(5),
            state=book.state, imbalance=book.imbalance(2), cost=book.cost_to_trade("buy", 15),
            within=book.depth_within("buy", 0.001), at=book.quantity_at("sell", 100.02), name=book.instrument,
        )  # fmt: skip

    run(look, usual().level(5, "buy", 99.98, 1))
    assert (seen["bid"], seen["ask_size"], seen["mid"], seen["ticks"]) == (99.99, 10.0, 100.0, 2)
    assert seen["depth"].bids == [(99.99, 10.0, 0), (99.98, 20.0, 0)]
    assert (seen["state"], seen["imbalance"], seen["within"], seen["at"]) == ("unverifiable", 0.0, 30.0, 20.0)
    assert seen["cost"]["average"] == pytest.approx((10 * 100.01 + 5 * 100.02) / 15)
    assert seen["name"] == "XYZ"


def test_a_book_outside_its_run_is_refused() -> None:
    kept: list[wl.Book | None] = []
    run(lambda ctx: kept.append(ctx.book("XYZ")), usual().level(5, "buy", 99.98, 1))
    book = kept[0]
    assert book is not None
    with pytest.raises(wl.ConfigError, match="inside the callbacks"):
        _ = book.bid


def test_an_order_is_explained_step_by_step() -> None:
    feed = usual().trade(10, "sell", 99.99, 6).level(11, "buy", 99.99, 3).trade(20, "sell", 99.99, 8)
    result = run(lambda ctx: ctx.buy("XYZ", quantity=5, limit=99.99), feed, explain=1)
    text = "\n".join(result.explanation)
    assert "joins the queue at 99.99 with 5, 10 before it" in text
    assert "6 trade at 99.99: 4 before it now" in text
    assert "fills 5 at 99.99" in text
    assert result.fills["rule"].to_list() == ["trade"]


@pytest.mark.parametrize(("queue", "filled"), [("risk_averse", 0.0), ("power:1", 1.0), ("log", 1.0)])
def test_a_queue_model_is_chosen_by_name(queue: str, filled: float) -> None:
    feed = usual().level(1, "buy", 99.99, 30).level(3, "buy", 99.99, 22).trade(5, "sell", 99.99, 9)
    result = wl.backtest.run(
        Act(lambda ctx: ctx.buy("XYZ", quantity=1, limit=99.99), at=0),
        usual().level(1, "buy", 99.99, 30).level(3, "buy", 99.99, 12).trade(5, "sell", 99.99, 9.0).ticks(),
        latency=wl.latency.none(), queue=queue, cash=1e6,
    )  # fmt: skip
    del feed
    assert result.settings["queue"] == wl.queue.named(queue).describe()
    assert (result.fills["quantity"].sum() if result.fills.height else 0.0) == filled


def test_what_was_taken_is_not_there_again_unless_told_to_forget() -> None:
    def twice(ctx: wl.Context) -> None:
        ctx.buy("XYZ", quantity=10)
        ctx.buy("XYZ", quantity=10)

    feed = usual().level(5, "buy", 99.98, 1)
    assert run(twice, feed).fills["price"].to_list() == [100.01, 100.02]
    assert run(twice, feed, remember_consumed=False).fills["price"].to_list() == [100.01, 100.01]
    assert run(twice, feed, partial_fills=False).fills["price"].to_list() == [100.01, 100.01]


def test_the_curve_has_one_row_a_second_unless_told_otherwise() -> None:
    feed = usual()
    for ms in range(1, 5000, 10):
        feed.level(ms, "buy", 99.98, ms % 7 + 1)
    idle = run(lambda _ctx: None, feed)
    assert 5 <= idle.equity.height <= 7
    assert run(lambda _ctx: None, feed, equity_step=0).equity.height > 400
    assert idle.signature == run(lambda _ctx: None, feed, equity_step=0).signature


def test_recorded_latency_delays_orders_by_what_was_measured() -> None:
    model = wl.latency.recorded(
        [START, START + 100 * MS], [START + 3 * MS, START + 103 * MS], [START + 4 * MS, START + 104 * MS]
    )
    result = run(lambda ctx: ctx.buy("XYZ", quantity=1), usual().level(50, "buy", 99.98, 1), latency=model)
    assert int(result.fills["ts"].cast(int)[0]) == START + 4 * MS


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"queue": "powr:2"}, "did you mean"),
        ({"queue": "power:x"}, "not a number"),
        ({"queue": "power:-1"}, "positive"),
        ({"queue": 3}, "queue"),
        ({"explain": 0}, "no order"),
        ({"explain": True}, "no order"),
        ({"equity_step": -1}, "no time"),
        ({"instruments": [wl.Instrument(name="XYZ", lot_size="0.1")]}, "lots of"),
        ({"instruments": [wl.Instrument(name="ABC")]}, "no data"),
        ({"start": "2030-01-01"}, "no data lies"),
        ({"calendar": "NOPE"}, "NOPE"),
    ],
)
def test_bad_settings_are_refused_with_a_remedy(settings: dict[str, Any], message: str) -> None:
    with pytest.raises((wl.ConfigError, wl.DataError), match=message):
        run(lambda _ctx: None, usual().level(5, "buy", 99.98, 1), **settings)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([3, 1], [4, 5], [6, 7]), "left or arrived before"),
        (([1], [0], [2]), "goes back in time"),
        (([1, 2], [3], [4]), "one length"),
        (([], [], []), "at least one"),
    ],
)
def test_recorded_round_trips_are_checked(columns: tuple[list[int], list[int], list[int]], message: str) -> None:
    with pytest.raises(wl.ConfigError, match=message):
        wl.latency.recorded(*columns)


def test_an_exception_in_on_book_reaches_the_caller_as_itself() -> None:
    class Boom(wl.Strategy):
        def on_book(self, ctx: wl.Context, book: wl.Book) -> None:
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        wl.backtest.run(Boom(), usual().ticks())


def test_books_by_hand() -> None:
    book = wl.book.L2Book(tick_size="0.5", lot_size="0.1")
    book.set_level("bid", 10.5, 0.3)
    assert (book.bid, book.bid_size, book.ask) == (10.5, 0.3, None)
    with pytest.raises(wl.DataError, match="tick size"):
        book.set_level("bid", 10.3, 1)
    with pytest.raises(wl.DataError, match="whole number of lots"):
        book.set_level("bid", 10.5, 0.25)
    with pytest.raises(wl.ConfigError, match="side"):
        book.set_level("up", 10.5, 1)
    with pytest.raises(wl.ConfigError, match="tick_size"):
        wl.book.L3Book(tick_size="-1")


def test_order_flow_imbalance_adds_demand_and_takes_supply_away() -> None:
    book = wl.book.L2Book(tick_size="0.01", lot_size="0.5")
    flow = wl.book.OrderFlowImbalance()
    book.set_level("buy", 1.00, 10)
    book.set_level("sell", 1.02, 10)
    assert flow.update(book) == 0.0
    book.set_level("buy", 1.00, 15)
    assert flow.update(book) == 5.0
    book.set_level("sell", 1.02, 3)
    assert (flow.update(book), flow.value) == (7.0, 12.0)
    flow.reset()
    assert flow.value == 0.0


def test_sweeps_run_on_ticks() -> None:
    class Size(wl.Strategy):
        size: int = 1

        def on_trade(self, ctx: wl.Context, trade: wl.Trade) -> None:
            ctx.buy(trade.instrument, quantity=self.size)

    feed = (
        usual().trade(5, "buy", 100.01, 1).level(2000, "buy", 100.00, 5).level(3000, "buy", 100.005 // 0.01 * 0.01, 5)
    )
    sweep = wl.backtest.sweep(Size(), feed.ticks(), {"size": [1, 3]}, cash=1e6, threads=1, progress=False)
    assert sweep.frame["status"].to_list() == ["done", "done"]


def test_the_recorded_future_builds_the_published_book() -> None:
    """engine.md G1, from Python."""
    path = shared("l3/databento_esh4_20231225.mbo.dbn.zst")
    book = wl.book.L3Book.read(path, tick_size="0.25")
    assert (book.level_count("buy"), book.level_count("sell")) == (922, 565)
    assert (book.bid, book.ask, book.sequence, book.order_count) == (4810.0, 4810.25, 59585, 11217)


def test_a_file_that_streams_gives_the_run_of_the_file_in_memory(tmp_path: Path) -> None:
    path = shared("l3/databento_esh4_20231225.mbo.dbn.zst")

    class Maker(wl.Strategy):
        def on_start(self, ctx: wl.Context) -> None:
            self.seen = 0

        def on_book(self, ctx: wl.Context, book: wl.Book) -> None:
            self.seen += 1
            if self.seen % 3000 == 0 and book.bid is not None:
                ctx.buy(book.instrument, quantity=1, limit=book.bid)

    ins = [wl.Instrument(name="ESH4", kind="future", tick_size="0.25", multiplier=50)]
    streamed = wl.backtest.run(Maker(), wl.data.stream_ticks(path), instruments=ins, cash=1e7)
    read = wl.backtest.run(Maker(), wl.data.read_ticks(path), instruments=ins, cash=1e7)
    assert streamed.signature == read.signature
    assert streamed.fills.height > 3


def test_an_iceberg_from_python_shows_a_part_at_a_time() -> None:
    feed = usual().level(5, "buy", 99.99, 30).trade(10, "sell", 99.99, 15).level(11, "buy", 99.99, 15)
    feed.trade(20, "sell", 99.99, 10).level(21, "buy", 99.99, 5).trade(30, "sell", 99.99, 7)
    result = run(lambda ctx: ctx.buy("XYZ", quantity=9, limit=99.99, display=3), feed)
    assert result.fills["quantity"].to_list() == [3, 2]
    plain = run(lambda ctx: ctx.buy("XYZ", quantity=9, limit=99.99), feed)
    assert plain.fills["quantity"].to_list() == [5, 4]


def test_an_order_that_waits_for_a_touch_from_python() -> None:
    feed = usual().level(10, "sell", 100.00, 5).level(20, "sell", 100.03, 5)
    result = run(lambda ctx: ctx.buy("XYZ", quantity=2, touch=100.00), feed)
    assert result.orders["type"].to_list() == ["market_if_touched"]
    assert result.fills["price"].to_list() == [100.00]
    limited = run(lambda ctx: ctx.buy("XYZ", quantity=2, touch=100.00, limit=100.00), feed)
    assert limited.orders["type"].to_list() == ["limit_if_touched"]
    with pytest.raises(wl.errors.OrderError, match="waits for one price"):
        run(lambda ctx: ctx.buy("XYZ", quantity=2, touch=100.00, stop=101.00), feed)


def test_orders_that_a_replay_cannot_hold_are_warned_of() -> None:
    result = run(lambda ctx: ctx.buy("XYZ", quantity=2, tif="at_the_close"), usual().level(9, "buy", 99.0, 1))
    assert result.orders["reason"].to_list() == ["no_auction"]
    assert "holds no auctions" in result.warnings[0]
    result = run(lambda ctx: ctx.buy("XYZ", quantity=2, limit=99.0, display=3), usual().level(9, "buy", 99.0, 1))
    assert "display must be at most" in result.warnings[0]


def test_a_cancel_that_meets_a_filled_order_leaves_no_warning() -> None:
    result = run(
        lambda ctx: ctx.cancel(ctx.buy("XYZ", quantity=2)), usual().level(90, "buy", 99.0, 1),
        latency=wl.latency.constant(5, 5),
    )  # fmt: skip
    assert result.orders["status"].to_list() == ["filled"]
    assert result.orders["reason"].to_list() == [""]
    assert result.warnings == ()
