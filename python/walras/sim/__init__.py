"""The simulated market: agents that trade with each other on the real matching engine.

>>> import walras as wl
>>> market = wl.sim.Market.preset("default", seed=7)
>>> market.step(20)
20
>>> market.symbols[:2]
['AAA', 'BBB']
>>> market.book("AAA").depth(1).bids[0][0] < market.book("AAA").depth(1).asks[0][0]
True

What happens in a tick, who the agents are and what is promised: docs/concepts/simulation.md.
"""

from __future__ import annotations

from walras.sim._config import agent_kinds, preset, presets, read_config
from walras.sim._history import History
from walras.sim._kind import AgentKind, register
from walras.sim._market import Market, MarketBook
from walras.sim._record import FeatureRecord, record_features
from walras.sim._run import run
from walras.sim._train import TrainedModel, labels, train_models

__all__ = [
    "AgentKind",
    "FeatureRecord",
    "History",
    "Market",
    "MarketBook",
    "TrainedModel",
    "agent_kinds",
    "labels",
    "preset",
    "presets",
    "read_config",
    "record_features",
    "register",
    "run",
    "train_models",
]
