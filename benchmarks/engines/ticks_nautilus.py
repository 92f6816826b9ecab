"""nautilus_trader: a script of orders on quotes, `python ticks_nautilus.py FOLDER`; logging off.

FOLDER holds quotes.npz (ts, bid, ask, size: int64 ns, then prices and units) and task.json (symbol, decimals, script:
rows of time, market | limit | stop | cancel, order, signed quantity, price). out.json gets the fills: order, time (ns),
price, quantity.
"""

import json
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.events import OrderFilled
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

FOLDER = Path(sys.argv[1])
TASK = json.loads((FOLDER / "task.json").read_text())
DECIMALS = TASK["decimals"]
INSTRUMENT = Equity(
    instrument_id=InstrumentId(Symbol(TASK["symbol"]), Venue("SIM")),
    raw_symbol=Symbol(TASK["symbol"]),
    currency=USD,
    price_precision=DECIMALS,
    price_increment=Price(10**-DECIMALS, DECIMALS),
    lot_size=Quantity.from_int(1),
    maker_fee=Decimal(0),
    taker_fee=Decimal(0),
    ts_event=0,
    ts_init=0,
)


class Replayed(Strategy):
    def on_start(self) -> None:
        self.orders: dict = {}
        for i, row in enumerate(TASK["script"]):
            self.clock.set_time_alert_ns(f"{i}", row[0], lambda event, row=row: self.act(row))

    def act(self, row) -> None:
        _, what, k, signed, price = row
        if what == "cancel":
            if not self.orders[k].is_closed:
                self.cancel_order(self.orders[k])
            return
        side = OrderSide.BUY if signed > 0 else OrderSide.SELL
        quantity = Quantity.from_int(abs(signed))
        if what == "market":
            order = self.order_factory.market(INSTRUMENT.id, side, quantity)
        elif what == "limit":
            order = self.order_factory.limit(INSTRUMENT.id, side, quantity, Price(price, DECIMALS))
        else:
            order = self.order_factory.stop_market(INSTRUMENT.id, side, quantity, Price(price, DECIMALS))
        self.orders[k] = order
        self.submit_order(order)


def main() -> None:
    quotes = np.load(FOLDER / "quotes.npz")
    rows = zip(*(quotes[name].tolist() for name in ("ts", "bid", "ask", "size")), strict=True)
    ticks = [
        QuoteTick(
            INSTRUMENT.id,
            Price(bid, DECIMALS),
            Price(ask, DECIMALS),
            Quantity.from_int(size),
            Quantity.from_int(size),
            ts,
            ts,
        )
        for ts, bid, ask, size in rows
    ]
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(
        venue=Venue("SIM"),
        oms_type=OmsType.NETTING,
        account_type=AccountType.MARGIN,
        base_currency=USD,
        starting_balances=[Money(1_000_000_000, USD)],
    )
    engine.add_instrument(INSTRUMENT)
    engine.add_data(ticks)
    strategy = Replayed()
    engine.add_strategy(strategy)
    engine.run()
    out = [
        [k, event.ts_event, float(event.last_px), int(event.last_qty)]
        for k, order in strategy.orders.items()
        for event in order.events
        if isinstance(event, OrderFilled)
    ]
    (FOLDER / "out.json").write_text(json.dumps(sorted(out)))


main()
