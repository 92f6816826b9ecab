"""Market data in: readers, containers of columns, checks. See docs/concepts/data.md."""

from walras.data._bars import BarColumns, Bars, combine
from walras.data._calendar import hours as session_hours
from walras.data._care.audit import read_audit
from walras.data._check import Problem
from walras.data._clean import RULES as CLEANING_RULES
from walras.data._clean import Cleaned, clean
from walras.data._demo import load_demo_prices
from walras.data._factors import FactorFile, read_factors
from walras.data._inspect import Inspection, inspect
from walras.data._journal import Journal, event_dtype, read_journal, write_journal
from walras.data._read import bars_from_frame, read_bars
from walras.data._read_ticks import read_quotes, read_trades
from walras.data._resample import bars_to_quotes, quotes_to_bars, resample, trades_to_bars
from walras.data._sales import LEAN_VOLUME_ONLY, VOLUME_ONLY, SaleCondition, Sales, read_sales
from walras.data._store import write_bars, write_quotes, write_trades
from walras.data._tick_open import TickFiles, read_ticks, stream_ticks, tick_formats
from walras.data._tick_open import guess_format as guess_tick_format
from walras.data._tick_parquet import write_nautilus
from walras.data._tick_set import Ticks
from walras.data._tick_write import write_hftbacktest, write_ticks
from walras.data._ticks import Quotes, Trades
from walras.data._trade_bars import (
    BAR_KINDS,
    BarBuilder,
    TradeBars,
    bars_from_quotes,
    bars_from_trades,
    trade_bars,
)

__all__ = [
    "BAR_KINDS",
    "CLEANING_RULES",
    "LEAN_VOLUME_ONLY",
    "VOLUME_ONLY",
    "BarBuilder",
    "BarColumns",
    "Bars",
    "Cleaned",
    "FactorFile",
    "Inspection",
    "Journal",
    "Problem",
    "Quotes",
    "SaleCondition",
    "Sales",
    "TickFiles",
    "Ticks",
    "TradeBars",
    "Trades",
    "bars_from_frame",
    "bars_from_quotes",
    "bars_from_trades",
    "bars_to_quotes",
    "clean",
    "combine",
    "event_dtype",
    "guess_tick_format",
    "inspect",
    "load_demo_prices",
    "quotes_to_bars",
    "read_audit",
    "read_bars",
    "read_factors",
    "read_journal",
    "read_quotes",
    "read_sales",
    "read_ticks",
    "read_trades",
    "resample",
    "session_hours",
    "stream_ticks",
    "tick_formats",
    "trade_bars",
    "trades_to_bars",
    "write_bars",
    "write_hftbacktest",
    "write_journal",
    "write_nautilus",
    "write_quotes",
    "write_ticks",
    "write_trades",
]
