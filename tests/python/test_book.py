"""The Python face of the matching engine: numbers, errors, arrays, copies."""

from __future__ import annotations

import datetime as dt
import doctest
import threading
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import walras as wl
from walras import book


def engine() -> book.MatchingEngine:
    return book.MatchingEngine(tick_size="0.01", lot_size="1")


def test_the_examples_in_the_docstrings_run() -> None:
    assert doctest.testmod(book).failed == 0


@pytest.mark.parametrize("price", ["100.25", 100.25, Decimal("100.25"), np.float64(100.25)])
def test_a_price_is_text_decimal_or_float(price: Any) -> None:
    m = engine()
    [accepted] = m.submit(side="buy", price=price, quantity=10)
    assert accepted.kind == "accepted"
    assert accepted.price == 100.25
    assert m.depth(1).bids == [(100.25, 10, 1)]


def test_whole_numbers_of_any_kind_are_prices_and_quantities() -> None:
    m = engine()
    three: Any = np.int64(3)
    m.submit(side="sell", price=101, quantity=three)
    assert m.top().ask == (101.0, 3, 1)
    assert m.top().bid is None


def test_what_is_none_is_not_there() -> None:
    m = engine()
    m.submit(side="buy", price=100, quantity=5, trigger=None, trailing_offset=None, limit_offset=None, expire_time=None)
    m.submit(side="sell", type="market", price=None, quantity=2, order=None)
    assert m.replace(1, quantity=4, price=None, trigger=None)[0].kind == "replaced"
    assert m.top().bid == (100.0, 2, 1)


def test_an_off_tick_price_raises_with_the_nearest_valid_ones() -> None:
    with pytest.raises(wl.OrderError, match=r"Price 100\.005 .* tick size 0\.01; the nearest are 100 and 100\.01"):
        engine().submit(side="buy", price="100.005", quantity=10)


def test_an_off_lot_quantity_raises_with_the_nearest_valid_ones() -> None:
    with pytest.raises(wl.OrderError, match=r"Quantity 1\.5 .* lot size 1; the nearest are 1 and 2"):
        engine().submit(side="buy", price=100, quantity=1.5)


@pytest.mark.parametrize("bad", ["ten", float("nan"), float("inf"), 10**30, True])
def test_a_quantity_that_is_no_number_raises(bad: Any) -> None:
    with pytest.raises(wl.OrderError, match="Quantity"):
        engine().submit(side="buy", price=100, quantity=bad)


@pytest.mark.parametrize(
    ("option", "choices"),
    [("side", "buy, sell"), ("type", "market, limit, stop"), ("tif", "gtc, ioc, fok, gtd, day")],
)
def test_an_unknown_word_names_the_choices(option: str, choices: str) -> None:
    order: dict[str, Any] = {"side": "buy", "type": "limit", "tif": "gtc", "price": 100, "quantity": 1} | {
        option: "hold"
    }
    with pytest.raises(wl.ConfigError, match=f'"hold" is unknown; choose one of: {choices}'):
        engine().submit(**order)
    with pytest.raises(wl.ConfigError, match="cancel_newest, cancel_oldest, cancel_both, none"):
        book.MatchingEngine(self_trade="never")  # type: ignore[arg-type]


def test_a_fill_names_both_orders() -> None:
    m = engine()
    maker = m.submit(side="sell", price=100, quantity=5, owner=7)[0].order
    accepted, fill = m.submit(side="buy", type="market", quantity=2, owner=8)
    assert (fill.kind, fill.taker, fill.maker, fill.trade) == ("filled", accepted.order, maker, 1)
    assert (fill.price, fill.quantity, fill.leaves, fill.maker_leaves) == (100.0, 2, 0, 3)
    assert (fill.owner, fill.maker_owner, fill.side, fill.reason) == (8, 7, "buy", None)
    assert m.position(8) == 2
    assert m.position(7) == -2


def test_a_refusal_has_a_reason_and_a_sentence() -> None:
    [event] = engine().submit(side="buy", price=100, quantity=0)
    assert (event.kind, event.reason) == ("rejected", "invalid_quantity")
    assert "positive" in event.message


@pytest.mark.parametrize(
    "time",
    [
        1_704_189_600_000_000_000,
        "2024-01-02T10:00:00Z",
        "2024-01-02T11:00:00+01:00",
        dt.datetime(2024, 1, 2, 10, tzinfo=dt.UTC),
        np.datetime64("2024-01-02T10:00:00"),
    ],
)
def test_times_are_nanoseconds_datetimes_or_text(time: Any) -> None:
    m = engine()
    m.advance_to("2024-01-02T09:00:00Z")
    m.submit(side="buy", price=100, quantity=1, tif="gtd", expire_time=time)
    order = m.order(1)
    assert order is not None
    assert order.expire_time == 1_704_189_600_000_000_000
    [event] = m.advance_to(time)
    assert event.kind == "expired"


@pytest.mark.parametrize("time", ["tomorrow", "2024-01-02T10:00:00", dt.datetime(2024, 1, 2), 1.5])  # noqa: DTZ001
def test_a_time_without_zone_or_sense_raises(time: Any) -> None:
    with pytest.raises(wl.OrderError, match="Time"):
        engine().advance_to(time)


def test_small_lots_give_float_quantities() -> None:
    m = book.MatchingEngine(tick_size="0.5", lot_size="0.001")
    m.submit(side="buy", price="60000.5", quantity="0.25")
    assert m.top().bid == (60000.5, 0.25, 1)


def test_a_copy_goes_its_own_way() -> None:
    m = engine()
    m.submit(side="buy", price=100, quantity=10, order=42)
    other = m.copy()
    assert isinstance(other, book.MatchingEngine)
    other.cancel(42)
    assert m.orders() == [42]
    assert other.orders() == []
    assert len(m) == 1


def test_columns_of_orders_give_what_single_orders_give() -> None:
    random = np.random.default_rng(1)
    n = 2000
    side = np.where(random.integers(0, 2, n) == 0, "buy", "sell")
    price = np.round(100 + random.integers(-20, 21, n) * 0.01, 2)
    quantity = random.integers(1, 50, n)
    one, many = engine(), engine()
    events = many.submit_many(side=side, price=price, quantity=quantity, owner=random.integers(1, 5, n))
    random = np.random.default_rng(1)
    single = []
    for s, p, q in zip(side, price, quantity, strict=True):
        single += one.submit(side=str(s), price=float(p), quantity=int(q))
    # Owners differ (nobody above), so compare the market without self-trade prevention.
    assert len(single) > n
    plain = engine().submit_many(side=side, price=price, quantity=quantity)
    assert [book.STEPS[s] for s in plain["step"]] == [e.kind for e in single]
    assert plain["order"].tolist() == [e.order for e in single]
    assert plain["quantity"].tolist() == [e.quantity for e in single]
    assert (plain["price"] / 1e9).tolist() == [e.price for e in single]
    assert "self_trade" in {book.REASONS[r] for r in events["reason"]}


def test_the_command_array_cancels_replaces_and_moves_time() -> None:
    m = engine()
    commands = np.zeros(4, dtype=book.COMMAND)
    commands["kind"] = [book.KINDS.index(k) for k in ("submit", "replace", "advance_to", "cancel")]
    commands["order"] = 9
    commands["quantity"] = [10, 4, 0, 0]
    commands["price"] = [100_000_000_000, 0, 0, 0]
    commands["type"] = book.TYPES.index("limit")
    commands["expire_time"][2] = 5
    events = m.apply(commands)
    assert [book.STEPS[s] for s in events["step"]] == ["accepted", "replaced", "canceled"]
    assert events["quantity"].tolist() == [10, 4, 4]
    assert events["ts"][-1] == 5
    assert m.apply(commands[:0]).size == 0


def test_a_wrong_array_is_refused_before_anything_happens() -> None:
    m = engine()
    with pytest.raises(wl.ConfigError, match="COMMAND"):
        m.apply(np.zeros(3))  # type: ignore[arg-type]
    commands = np.zeros(2, dtype=book.COMMAND)
    commands["quantity"] = 1
    commands["kind"][1] = 9
    with pytest.raises(wl.OrderError, match="Row 1"):
        m.apply(commands)
    with pytest.raises(wl.OrderError, match=r"Row 1: price 100\.005 .* the nearest are 100 and 100\.01"):
        m.submit_many(side="buy", price=[100.0, 100.005], quantity=1)
    with pytest.raises(wl.ConfigError, match='"hold" is unknown'):
        m.submit_many(side=["buy", "hold"], price=100.0, quantity=1)
    with pytest.raises(wl.OrderError, match="not finite"):
        m.submit_many(side="buy", price=[100.0, float("nan")], quantity=1)
    assert len(m) == 0


def test_two_threads_run_batches_of_two_engines() -> None:
    def work(out: list[int]) -> None:
        m = engine()
        out.extend(m.submit_many(side=["buy", "sell"] * 500, price=100.0, quantity=1).size for _ in range(20))

    results: list[list[int]] = [[], []]
    threads = [threading.Thread(target=work, args=(r,)) for r in results]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results[0] == results[1] == [1500] * 20


def test_columns_of_orders_have_one_length_or_are_scalars() -> None:
    m = wl.book.MatchingEngine()
    assert len(m.submit_many(side="buy", price=[100.0, 99.0], quantity=1)) == 2
    wrong: Any
    for wrong in ({"price": [100.0], "quantity": [5, 3]}, {"price": 100.0, "quantity": [5, 3], "owner": [1, 2, 3]}):
        with pytest.raises(wl.ConfigError, match=r"The columns differ in length: .*quantity has 2"):
            m.submit_many(side="buy", **wrong)
    with pytest.raises(wl.ConfigError, match="price has 2 dimensions"):
        m.submit_many(side="buy", price=[[100.0]], quantity=1)
    assert m.orders() == [1, 2]  # nothing of a refused call was applied
    assert len(m.submit_many(side="buy", price=[], quantity=[])) == 0


def test_a_day_from_pre_open_to_close() -> None:
    m = book.MatchingEngine(phase="pre_open")
    m.submit(side="buy", price=101, quantity=10, owner=1)
    m.submit(side="sell", type="market", quantity=4, tif="at_the_open", owner=2)
    assert m.open_auction() == []
    assert (m.phase, m.auction) == ("auction", "opening")
    i = m.indicative()
    assert (i.price, i.volume, i.surplus, i.market_buys, i.market_sells) == (101.0, 4, 6, 0, 4)
    [fill] = m.uncross()
    assert (fill.kind, fill.order, fill.maker, fill.price, fill.quantity) == ("filled", 1, 2, 101.0, 4)
    assert fill.is_auction
    assert (m.phase, m.auction, m.reference_price, m.position(1)) == ("continuous", None, 101.0, 4)
    m.halt()
    assert m.submit(side="buy", price=100, quantity=1)[0].reason == "trading_halted"
    m.resume()
    m.open_auction("closing")
    assert m.uncross() == []
    assert m.phase == "closed"
    assert m.indicative().price is None
    assert "nobody" in repr(m.indicative())


def test_a_phase_that_does_not_lead_there_raises_with_what_it_needs() -> None:
    m = engine()
    with pytest.raises(
        wl.OrderError, match=r"uncross\(\) needs phase auction; the market is continuous; call open_auc"
    ):
        m.uncross()
    with pytest.raises(wl.ConfigError, match='Auction "lunch" is unknown; choose one of: opening, closing, volatility'):
        m.open_auction("lunch")
    with pytest.raises(wl.OrderError, match=r"Reference price 1\.005 is refused: the price is not a multiple"):
        m.set_reference_price("1.005")


def test_an_iceberg_shows_its_display() -> None:
    m = engine()
    m.submit(side="sell", price=100, quantity=20, display=5)
    m.submit(side="buy", price=100, quantity=7)
    order = m.order(1)
    assert order is not None
    assert (order.leaves, order.display, order.displayed, m.top().ask) == (13, 5, 3, (100.0, 3, 1))
    assert m.replace(1, display=8)[0].kind == "replaced"
    assert order.display == 5  # what was read stays as it was
    plain = engine().submit(side="sell", price=100, quantity=20)[0].order
    assert m.replace(plain + 99, display=2)[0].reason == "unknown_order"
    commands = np.zeros(1, dtype=book.COMMAND)
    commands["order"], commands["quantity"], commands["display"] = 7, 10, 2
    commands["type"], commands["price"] = book.TYPES.index("limit"), 99_000_000_000
    m.apply(commands)
    assert m.depth().bids == [(99.0, 2, 1)]


def test_auction_fills_are_marked_in_the_event_array() -> None:
    assert book.EVENT.itemsize == 80
    assert book.COMMAND.itemsize == 80
    events = engine().submit_many(side=["buy", "sell"], price=100.0, quantity=1)
    assert events["is_auction"].tolist() == [0, 0, 0]


def test_a_price_band_of_percent_points_or_price() -> None:
    for width, want in (("5%", (95.0, 105.0)), ("100bps", (99.0, 101.0)), ("1.50", (98.5, 101.5)), (2, (98.0, 102.0))):
        m = book.MatchingEngine(static_band=width)
        assert m.price_range() is None
        m.set_reference_price(100)
        assert m.price_range() == want
        assert m.submit(side="buy", price=110, quantity=1)[0].reason == "price_band"


def test_a_tick_table_is_pairs_or_the_european_one() -> None:
    m = book.MatchingEngine(tick_size=[(0, "0.01"), (10, "0.05")])
    assert m.tick_size == 0.01
    with pytest.raises(wl.OrderError, match=r"Price 10\.02 .* tick size 0\.05 there; the nearest are 10 and 10\.05"):
        m.submit(side="buy", price="10.02", quantity=1)
    table = book.TickTable.mifid(liquidity_band=6)
    assert table.tick_at(999) == 0.1
    assert not table.allows("999.05")
    assert len(table.rows) == 19
    assert book.MatchingEngine(tick_size=table).tick_size == 0.0001


bad_settings: list[tuple[dict[str, Any], str]] = [
    ({"tick_size": None}, r'tick_size None is no price step; give one, e\.g\. "0\.01"'),
    ({"lot_size": None}, "lot_size"),
    ({"tick_size": [(1, "0.01")]}, "begins at 1; its first row must begin at 0"),
    ({"tick_size": [0.01]}, "Row 0 of the tick table is 0.01; give pairs"),
    ({"phase": "lunch"}, 'phase "lunch" is unknown; choose one of: pre_open, continuous, closed'),
    ({"phase": "halted"}, "cannot start in phase halted"),
    ({"auction_rule": "dutch"}, "choose one of: max_volume, weighted_reference"),
    ({"static_band": "0%"}, "static_band '0%' is not positive; None means no band"),
    ({"dynamic_band": "x%"}, "dynamic_band 'x%' is not a width"),
    ({"band_action": "pray"}, "choose one of: reject, auction"),
    ({"min_display": 0}, "min_display of 0 lots is not positive"),
    ({"min_display": "0.5"}, "min_display 0.5 is not a multiple of lot_size 1"),
]


@pytest.mark.parametrize(("setting", "message"), bad_settings)
def test_a_setting_that_makes_no_sense_raises_with_its_value(setting: dict[str, Any], message: str) -> None:
    with pytest.raises(wl.ConfigError, match=message):
        book.MatchingEngine(**setting)
