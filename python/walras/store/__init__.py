"""Recorded runs: trades, candles, portfolios, books and news in one SQLite file. See docs/concepts/recording.md.

>>> import tempfile, walras as wl
>>> path = tempfile.mkdtemp() + "/run.db"
>>> market = wl.sim.Market.preset("light-rl", seed=1)
>>> with market.record(path):
...     market.step(250)
250
>>> run = wl.store.open(path)
>>> run.trades().height == run.info["trades"] > 0
True
"""

from __future__ import annotations

from walras.store._record import MarketRecording, record_result
from walras.store._recording import TABLES, Recording, open, runs
from walras.store._replay import Replay

__all__ = ["TABLES", "MarketRecording", "Recording", "Replay", "open", "record_result", "runs"]
