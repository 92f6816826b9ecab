"""What is traded, as the user describes it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from walras.errors import ConfigError

if TYPE_CHECKING:
    from datetime import datetime

    from walras._core import Universe

Number: TypeAlias = str | int | float | Decimal
Kind: TypeAlias = Literal["equity", "currency_pair", "future", "perpetual", "option", "index"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """An instrument's fixed facts. `name` is "SYMBOL.VENUE", or a symbol alone.

    `tick_size`: prices of orders must be multiples of it. `lot_size`: units in one lot; quantities must be multiples of
    it. `multiplier`: currency per unit and 1.00 of price. `settlement`: "full" pays the notional (shares, spot),
    "variation" only profit and loss (futures, margined FX); None takes what is usual for the kind.

    >>> import walras as wl
    >>> wl.Instrument(name="BTCUSDT.BINANCE", kind="currency_pair", base="BTC", currency="USDT").symbol
    'BTCUSDT'
    """

    name: str
    kind: Kind = "equity"
    currency: str = "USD"
    base: str | None = None
    tick_size: Number = "0.000000001"
    lot_size: Number = 1
    multiplier: Number = 1
    settlement: Literal["full", "variation"] | None = None
    price_may_be_negative: bool = False
    expiry: datetime | None = None

    @property
    def symbol(self) -> str:
        return split_name(self.name)[0]

    @property
    def venue(self) -> str:
        return split_name(self.name)[1]

    def add_to(self, universe: Universe) -> int:
        """Adds itself and returns its index. Raises ConfigError if it makes no sense."""
        from walras._core import parse_fixed

        if not isinstance(self.name, str):
            raise ConfigError(f'An instrument\'s name is a text such as "KO.XNYS"; got {self.name!r}.')

        def number(field: str) -> int:
            try:
                return int(parse_fixed(str(getattr(self, field))))
            except ConfigError:
                value = getattr(self, field)
                raise ConfigError(f"{self.name}: {field} = {value!r} is no number from 1e-9 to 9.2e9.") from None

        usual = "variation" if self.kind in ("future", "perpetual") else "full"
        return universe.add(
            self.symbol,
            self.venue,
            kind=self.kind,
            settlement=self.settlement or usual,
            currency=self.currency,
            base=self.base,
            tick_size=number("tick_size"),
            lot_size=number("lot_size"),
            multiplier=number("multiplier"),
            price_may_be_negative=self.price_may_be_negative,
            expiry=None if self.expiry is None else _ns_of_expiry(self.name, self.expiry),
            label=self.name,
        )


def _ns_of_expiry(name: str, expiry: datetime) -> int:
    from datetime import UTC, datetime, timedelta

    if not isinstance(expiry, datetime) or expiry.tzinfo is None:
        raise ConfigError(f"{name}: expiry {expiry!r} is not a moment; give a datetime with a time zone.")
    return (expiry - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000


def split_name(name: str) -> tuple[str, str]:
    """ "KO.XNYS" -> ("KO", "XNYS"); a name without a venue belongs to "SIM". The last dot separates."""
    symbol, dot, venue = name.rpartition(".")
    return (symbol, venue) if dot else (name, "SIM")
