"""Parent orders from Python: on bars, on books, on a real capture, and drawn on the book."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import walras as wl
from walras.viz.book import book_path, resting_orders

CAPTURE = Path(__file__).parents[1] / "data" / "crypto" / "binance_spot_btcusdt_90s.jsonl.gz"


class Parent(wl.Strategy):
    """Gives one parent order after a second."""

    def __init__(self, side: str, quantity: float, algo: Any, **more: Any) -> None:
        super().__init__()
        self.order = (side, quantity, algo, more)
        self.ended: list[Any] = []
        self.updates: list[Any] = []

    def on_start(self, ctx: Any) -> None:
        ctx.wake_after(1)

    def on_timer(self, ctx: Any, timer: int) -> None:
        side, quantity, algo, more = self.order
        self.id = ctx.execute(ctx.instruments[0], side, quantity, algo=algo, **more)
        assert ctx.execution(self.id).is_open
        assert ctx.execution(self.id + 1) is None

    def on_order(self, ctx: Any, update: Any) -> None:
        self.updates.append(update)

    def on_execution(self, ctx: Any, execution: Any) -> None:
        self.ended.append(execution)


@pytest.fixture(scope="module")
def ticks() -> Any:
    return wl.data.read_ticks(CAPTURE)


def run(strategy: Any, ticks: Any, **more: Any) -> Any:
    return wl.backtest.run(strategy, ticks, cash=1_000_000, leverage=5, fees=0, latency=wl.latency.constant(5), **more)


ALGORITHMS = {
    "twap": wl.exec.twap(duration="60s", slices=6, urgency="aggressive"),
    "twap at rest": wl.exec.twap(duration=timedelta(seconds=60), slices=6, randomize=0.5, seed=3),
    "vwap": wl.exec.vwap(duration=60, curve=[1, 2, 3]),
    "vwap learnt": wl.exec.vwap(duration="1min", slices=5),
    "pov": wl.exec.pov(rate=0.2, max_clip=0.05),
    "iceberg": wl.exec.iceberg(display=0.02, duration="1min", sweep=True),
}


def trades_as_shown(ticks: Any) -> tuple[Any, Any]:
    """When trades reach a strategy, and their sizes: this capture's clock is behind the exchange's, and nobody knows a
    trade before the exchange does."""
    records = ticks.records
    shown = np.maximum.accumulate(np.maximum(records["ts_init"], np.maximum.accumulate(records["ts_event"])))
    trade = records["kind"] == 3
    return shown[trade], records["size"][trade] * ticks.lot


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_each_algorithm_works_a_real_book_and_its_row_adds_up(name: str, side: str, ticks: Any) -> None:
    parent = Parent(side, 0.4, ALGORITHMS[name])
    result = run(parent, ticks)
    row = result.executions.row(0, named=True)
    children = result.orders.filter(pl.col("execution") == 1)
    assert row["children"] == len(children) > 1
    assert row["filled"] == pytest.approx(result.fills["quantity"].sum(), abs=1e-12)
    assert row["filled"] == pytest.approx(children["filled"].sum(), abs=1e-12)
    paid = (result.fills["quantity"] * result.fills["price"]).sum()
    assert row["average_price"] == pytest.approx(paid / row["filled"])
    sign = 1 if side == "buy" else -1
    slippage = sign * (row["average_price"] / row["arrival_price"] - 1) * 1e4
    assert row["slippage_bps"] == pytest.approx(slippage)
    if name != "pov":
        assert (row["status"], row["filled"]) == ("filled", 0.4)
        assert row["shortfall_bps"] == pytest.approx(slippage)
    assert [e.status for e in parent.ended] == [row["status"]]
    assert parent.ended[0].id == parent.id == 1
    if name == "iceberg":
        assert (children["quantity"] <= 0.02 + 1e-9).sum() >= len(children) - 1  # the sweep alone is larger
    at, size = trades_as_shown(ticks)
    first, last = (row[c].timestamp() * 1e9 for c in ("ts", "ts_last"))
    wide = 20e6  # ns: trades of the moments at which it begins and ends
    inside = size[(at > first + wide) & (at < last - wide)].sum()
    around = size[(at > first - wide) & (at < last + wide)].sum()
    assert inside - 1e-9 <= row["market_volume"] <= around + 1e-9


def test_a_rate_is_never_exceeded_on_a_real_book(ticks: Any) -> None:
    result = run(Parent("buy", 5, wl.exec.pov(rate=0.15, max_clip=0.02)), ticks)
    at, size = trades_as_shown(ticks)
    begin = int(result.executions["ts"].dt.epoch("ns")[0])
    ours = result.fills.select(pl.col("ts").dt.epoch("ns"), "quantity")
    assert len(ours) > 5
    for ts, total in zip(ours["ts"], ours["quantity"].cum_sum(), strict=True):
        market = size[(at >= begin) & (at <= ts)].sum()
        assert total <= 0.15 * market + 1e-9


def test_no_fill_is_beyond_the_limit(ticks: Any) -> None:
    limit = 61_770.0
    result = run(Parent("buy", 0.5, wl.exec.twap(duration="60s", urgency="aggressive"), limit=limit), ticks)
    assert (result.fills["price"] <= limit).all()


def test_a_parent_on_bars_is_filled_between_them() -> None:
    prices = wl.data.bars_from_frame(wl.data.load_demo_prices())["KO"]
    parent = Parent("buy", 100, wl.exec.twap(duration="20d", slices=4, urgency="aggressive"))
    result = wl.backtest.run(parent, prices, cash=100_000)
    assert result.executions["status"].to_list() == ["filled"]
    assert result.fills["quantity"].to_list() == [25.0] * 4
    assert {u.order.instrument for u in parent.updates} == {result.fills["instrument"][0]}


def test_canceling_a_parent_ends_it_and_an_unknown_one_is_refused(ticks: Any) -> None:
    class Cancels(Parent):
        def on_order(self, ctx: Any, update: Any) -> None:
            ctx.cancel_execution(self.id)

    parent = Cancels("buy", 1, wl.exec.iceberg(display=0.01))
    result = run(parent, ticks)
    assert result.executions["status"].to_list() == ["canceled"]
    assert parent.ended[0].status == "canceled"

    class Wrong(wl.Strategy):
        def on_start(self, ctx: Any) -> None:
            ctx.cancel_execution(7)

    with pytest.raises(wl.OrderError, match="Execution 7 does not exist"):
        run(Wrong(), ticks)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: wl.exec.twap(duration="soon"), "no duration"),
        (lambda: wl.exec.twap(duration=0), "longer than nothing"),
        (lambda: wl.exec.twap(duration="1min", slices=0), "slices"),
        (lambda: wl.exec.twap(duration="1min", urgency="very"), "urgency"),  # type: ignore[arg-type]
        (lambda: wl.exec.vwap(duration="1min", curve=[0, 0]), "curve"),
        (lambda: wl.exec.pov(rate=0), "rate"),
        (lambda: wl.exec.pov(rate=0.2, max_rate=0.1), "max_rate"),
        (lambda: wl.exec.iceberg(display=1, sweep=True), "sweep"),
    ],
)
def test_parameters_without_sense_say_why(make: Any, says: str) -> None:
    with pytest.raises(wl.ConfigError, match=says):
        make()


def test_an_algorithm_of_another_kind_is_refused(ticks: Any) -> None:
    with pytest.raises(wl.ConfigError, match=r"walras\.exec"):
        run(Parent("buy", 1, "twap"), ticks)


@pytest.mark.parametrize("name", ["imbalance_maker", "grid", "queue_joiner"])
def test_makers_trade_a_real_book_within_their_bound(name: str, ticks: Any) -> None:
    size: dict[str, Any] = {"size": 0.01} if name == "queue_joiner" else {"size": 0.01, "max_position": 0.03}
    choices: dict[str, dict[str, Any]] = {
        "queue_joiner": {"enter": 0.3, "max_queue": 10},
        "grid": {"spacing": 200},
        "imbalance_maker": {},
    }
    more = choices[name]
    result = run(wl.strategies.make(name, **size, **more), ticks)
    signed = result.fills.with_columns(
        (pl.when(pl.col("side") == "buy").then(1).otherwise(-1) * pl.col("quantity")).alias("signed")
    )
    assert len(result.fills) > 3
    assert signed["signed"].cum_sum().abs().max() <= size.get("max_position", 0.01) + 1e-9
    assert run(wl.strategies.make(name, **size, **more), ticks).signature == result.signature


def test_a_book_path_is_the_books_best_levels(ticks: Any) -> None:
    path = book_path(ticks, levels=3)
    assert path.bid.shape == path.ask_size.shape == (len(path.ts), 3)
    assert (path.bid[:, 0] < path.ask[:, 0]).all()
    assert (np.diff(path.bid, axis=1) < 0).all()
    book = wl.book.L2Book.read(CAPTURE)
    assert (path.bid[-1, 0], path.ask[-1, 0]) == (book.bid, book.ask)


def test_an_order_that_moved_rests_once_at_each_price(ticks: Any) -> None:
    result = run(wl.strategies.make("imbalance_maker", size=0.01, max_position=0.03), ticks)
    assert len(result.revisions) > 5
    rests = resting_orders(result, result.orders["instrument"][0])
    assert len(rests) == len(result.orders) + len(result.revisions)
    assert (rests["start"] <= rests["end"]).all()
    moved = rests.filter(pl.col("order") == result.revisions["order"][0])
    assert moved["end"][:-1].to_list() == moved["start"][1:].to_list()


def test_the_figure_shows_prices_orders_and_fills(ticks: Any) -> None:
    result = run(wl.strategies.make("imbalance_maker", size=0.01, max_position=0.03), ticks)
    figure = result.plot_book(ticks, start="2024-08-08T23:54:30", end="2024-08-08T23:55:30")
    names = {trace.name for trace in figure.data}
    assert {"best bid", "best ask", "resting buy", "resting sell"} <= names
    assert names & {"buy fills", "sell fills"}
    with pytest.raises(wl.ConfigError, match="no orders in"):
        result.plot_book(ticks, "ETHUSDT")


def test_executions_travel_with_saved_results(ticks: Any, tmp_path: Path) -> None:
    result = run(Parent("buy", 0.1, wl.exec.twap(duration="10s", urgency="aggressive")), ticks)
    back = wl.BacktestResult.load(result.save(tmp_path / "run"))
    assert back.executions.equals(result.executions)
    (tmp_path / "run.json").write_text(result.to_json())
    assert wl.BacktestResult.load(tmp_path / "run.json").executions["filled"].to_list() == [0.1]
