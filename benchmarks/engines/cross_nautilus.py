"""nautilus_trader: its own Cython indicators, registered for the bars; logging off.

Its venue replays a bar as four trades (open, high, low, close) before the strategy sees it, and a market order sent
from on_bar meets the last of them: it fills at this bar's close. There is no way to ask for the next bar's open, so it
is compared with Walras at fill_at="this_close", which does the same. A bar's volume of 1000 leaves 250 at each price:
more than the 100 that are wanted.
"""

from decimal import Decimal
from typing import Any

import _cross
import pandas as pd
from _engine import Columns, Row, main
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.indicators import SimpleMovingAverage
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.trading.strategy import Strategy

INSTRUMENT = Equity(
    instrument_id=InstrumentId.from_str("WALK.SIM"),
    raw_symbol=Symbol("WALK"),
    currency=USD,
    price_precision=2,
    price_increment=Price.from_str("0.01"),
    lot_size=Quantity.from_int(1),
    maker_fee=Decimal(0),
    taker_fee=Decimal(0),
    ts_event=0,
    ts_init=0,
)
BARS = BarType.from_str("WALK.SIM-1-MINUTE-LAST-EXTERNAL")


class Cross(Strategy):
    def on_start(self) -> None:
        self.fast = SimpleMovingAverage(_cross.FAST)
        self.slow = SimpleMovingAverage(_cross.SLOW)
        self.register_indicator_for_bars(BARS, self.fast)
        self.register_indicator_for_bars(BARS, self.slow)
        self.quantity = Quantity.from_int(_cross.QUANTITY)
        self.subscribe_bars(BARS)

    def on_bar(self, bar: Bar) -> None:
        if not self.slow.initialized:
            return
        if self.fast.value > self.slow.value and self.portfolio.is_flat(INSTRUMENT.id):
            self.submit_order(self.order_factory.market(INSTRUMENT.id, OrderSide.BUY, self.quantity))
        elif self.fast.value < self.slow.value and self.portfolio.is_net_long(INSTRUMENT.id):
            self.close_all_positions(INSTRUMENT.id)


def load(columns: Columns) -> list[Bar]:
    prices = {name: columns[name] for name in ("open", "high", "low", "close", "volume")}
    frame = pd.DataFrame(prices, index=pd.to_datetime(columns["ts_close"], utc=True))
    return BarDataWrangler(BARS, INSTRUMENT).process(frame)


def run(bars: list[Bar]) -> BacktestEngine:
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(
        venue=Venue("SIM"),
        oms_type=OmsType.NETTING,
        account_type=AccountType.MARGIN,
        base_currency=USD,
        starting_balances=[Money(_cross.CASH, USD)],
    )
    engine.add_instrument(INSTRUMENT)
    engine.add_data(bars)
    engine.add_strategy(Cross())
    engine.run()
    engine.get_result()  # its statistics
    return engine


def fills(engine: BacktestEngine, columns: Columns) -> list[Row]:
    out: list[Any] = []
    for order in engine.cache.orders_closed():
        side = "buy" if order.side == OrderSide.BUY else "sell"
        out += [
            (event.ts_event, side, float(event.last_px), float(event.last_qty))
            for event in order.events
            if type(event).__name__ == "OrderFilled"
        ]
    return sorted(out)


main(load, run, fills)
