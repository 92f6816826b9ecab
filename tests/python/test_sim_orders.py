"""Orders of strategies inside a simulated market: linked ones, races within a tick, and what a run leaves behind."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import walras as wl


def lively(clock: str = "ticks") -> wl.sim.Market:
    groups = [{"kind": "market_maker", "count": 20}, {"kind": "noise", "count": 500, "shares": 300}]
    market = wl.sim.Market({"symbols": [{"name": "AAA"}], "groups": groups, "clock": clock})
    market.step(30)
    return market


class Pairs(wl.Strategy):
    """Whenever nothing works: a bid and an ask around the market, linked."""

    how: str = "oco"
    quantity: int = 40
    cross: bool = False

    def on_start(self, ctx: wl.Context) -> None:
        self.pairs: list[tuple[int, int]] = []

    def on_book(self, ctx: wl.Context, book: wl.Book) -> None:
        if ctx.open_orders or book.bid is None or book.ask is None:
            return
        link: dict[str, Any] = {self.how: ctx.new_oco()}
        bid, ask = (book.ask, book.bid) if self.cross else (book.bid, book.ask)
        buy = ctx.buy("AAA", self.quantity, limit=bid, **link)
        sell = ctx.sell("AAA", self.quantity, limit=ask, **link)
        self.pairs.append((buy, sell))


def filled(result: Any) -> dict[int, float]:
    return dict(result.orders.select("order", "filled").iter_rows())


@pytest.mark.parametrize("clock", ["ticks", "events"])
@pytest.mark.parametrize("cross", [False, True])
def test_of_two_orders_that_cancel_each_other_one_trades_even_within_one_tick(clock: str, cross: bool) -> None:
    strategy = Pairs(cross=cross)
    result = wl.sim.run(strategy, lively(clock), ticks=300, cash=10**7)
    traded = filled(result)
    both = [pair for pair in strategy.pairs if traded[pair[0]] and traded[pair[1]]]
    one = [pair for pair in strategy.pairs if traded[pair[0]] or traded[pair[1]]]
    assert both == []
    assert len(one) > 10
    reasons = set(result.orders.filter(pl.col("status") == "canceled")["reason"])
    assert "contingency" in reasons
    assert not result.warnings


@pytest.mark.parametrize("clock", ["ticks", "events"])
def test_orders_that_shrink_each_other_trade_their_size_together_and_no_more(clock: str) -> None:
    strategy = Pairs(how="ouo", quantity=100)
    result = wl.sim.run(strategy, lively(clock), ticks=300, cash=10**7)
    traded = filled(result)
    sums = [traded[buy] + traded[sell] for buy, sell in strategy.pairs]
    assert max(sums) == 100
    assert any(traded[buy] and traded[sell] for buy, sell in strategy.pairs)
    assert not result.warnings


class Bracket(wl.Strategy):
    """An entry with a stop and a target close by, again and again."""

    def on_book(self, ctx: wl.Context, book: wl.Book) -> None:
        if not ctx.open_orders and not ctx.position("AAA") and book.ask is not None:
            stop, target = round(book.ask * 0.995, 2), round(book.ask * 1.005, 2)
            ctx.buy("AAA", 50, stop_loss=stop, take_profit=target)


def test_brackets_never_turn_a_position_round() -> None:
    result = wl.sim.run(Bracket(), lively(), ticks=600, cash=10**7)
    signed = pl.when(pl.col("side") == "buy").then(pl.col("quantity")).otherwise(-pl.col("quantity"))
    position = result.fills.select(signed.cum_sum())["quantity"]
    assert (position >= 0).all()
    assert position.max() == 50
    assert result.trades.height > 2
    assert not result.warnings


class Racer(wl.Strategy):
    """Sends an order that trades at once and, before it can know, cancels and replaces it."""

    def on_start(self, ctx: wl.Context) -> None:
        self.answers: list[str] = []
        self.sent = False

    def on_book(self, ctx: wl.Context, book: wl.Book) -> None:
        if not self.sent and book.ask is not None:
            self.sent = True
            self.order = ctx.buy("AAA", 1)
            ctx.cancel(self.order)

    def on_order(self, ctx: wl.Context, update: wl.OrderUpdate) -> None:
        self.answers.append(update.step)


def test_a_cancel_that_comes_behind_the_fill_in_the_same_tick_is_answered() -> None:
    racer = Racer()
    result = wl.sim.run(racer, lively(), ticks=10)
    assert result.orders["status"].to_list() == ["filled"]
    assert racer.answers[-1] == "cancel_rejected"


class Rests(wl.Strategy):
    """Bids far below the market, once, and stays."""

    def on_start(self, ctx: wl.Context) -> None:
        self.sent = False

    def on_book(self, ctx: wl.Context, book: wl.Book) -> None:
        if not self.sent:
            self.sent = True
            ctx.buy("AAA", 7_777, limit=20)


def test_a_run_leaves_no_order_behind_and_the_next_one_begins_afresh() -> None:
    market = lively()
    for _ in range(2):
        result = wl.sim.run(Rests(), market, ticks=5, cash=10**7)
        assert result.orders["reason"].to_list() == ["end_of_run"]
        assert 7_777 not in [shares for _, shares, _ in market.book("AAA").depth(1000).bids]
    cash, shares = market.cash.sum(), market.positions("AAA").sum()
    market.step(100)
    assert market.cash.sum() == pytest.approx(cash, abs=1e-3)  # nobody trades with who has gone
    assert market.positions("AAA").sum() == shares


class Closes(wl.Strategy):
    """Buys 100, then asks to sell more than that by two orders that may only reduce."""

    def on_start(self, ctx: wl.Context) -> None:
        self.seen = 0

    def on_book(self, ctx: wl.Context, book: wl.Book) -> None:
        self.seen += 1
        if self.seen == 1:
            ctx.buy("AAA", 100)
        elif self.seen == 10 and book.bid is not None:
            for _ in range(2):
                ctx.sell("AAA", 80, limit=round(book.bid * 0.9, 2), reduce_only=True)


def test_orders_that_may_only_reduce_close_a_position_and_no_more() -> None:
    result = wl.sim.run(Closes(), lively(), ticks=60, cash=10**7)
    sold = result.fills.filter(pl.col("side") == "sell")["quantity"].sum()
    bought = result.fills.filter(pl.col("side") == "buy")["quantity"].sum()
    assert bought == sold == 100
    assert "reduce_only_would_increase" in result.orders["reason"].to_list() or 20 in result.orders["filled"].to_list()
    assert not [text for text in result.warnings if "unsupported" in text]
