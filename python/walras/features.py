"""Features of a market, and models that read them: what learns outside and what decides inside see the same numbers.

>>> import walras as wl
>>> [feature["name"] for feature in wl.features.market_features()][:3]
['mid', 'change_1', 'change_2']
>>> len(wl.features.names("canonical")), len(wl.features.names("minimal")), len(wl.features.names("full"))
(28, 42, 55)

The table of all features, and the format of models: docs/concepts/market-models.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from walras import _core
from walras._sklearn_models import CLASSES, to_json
from walras.errors import ConfigError, DataError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["CLASSES", "OBSERVATION", "MarketFeatures", "Model", "extract", "market_features", "names", "to_json"]

Missing = Literal["neutral", "minus_one"] | None
FeatureNames = str | Sequence[str]

# Name and what stands where it is not given; mid and last must be.
_DEFAULTS: dict[str, float] = {
    "mid": float("nan"),
    "last": float("nan"),
    "bid": float("nan"),
    "ask": float("nan"),
    "bid_size": 0.0,
    "ask_size": 0.0,
    "volume": 0.0,
    "net_flow": 0.0,
    "trades": 0.0,
    "fair": float("nan"),
    "sentiment": 0.0,
    "magnitude": 0.0,
    "news_left": 0.0,
}
OBSERVATION = tuple(_DEFAULTS)
"""The numbers of one observation. mid and last are needed; NaN bid, ask: the side is empty; NaN fair: unknown."""


def market_features() -> list[dict[str, Any]]:
    """The table of features: index, name, group, unit, formula, neutral, least, most, canonical, minimal.

    >>> import walras as wl
    >>> rsi = wl.features.market_features()[29]
    >>> rsi["name"], rsi["neutral"], rsi["least"], rsi["most"]
    ('rsi_8', 50.0, 0.0, 100.0)
    """
    return _core.market_features()


def names(features: FeatureNames = "canonical") -> list[str]:
    """Names of a set ("canonical", "minimal", "full"), in the order of the table; other lists come back as they are.

    >>> import walras as wl
    >>> wl.features.names("canonical")[:2]
    ['mid', 'change_1']
    """
    return _core.market_feature_set(features) if isinstance(features, str) else list(features)


def _column(name: str, values: ArrayLike, rows: int | None) -> Floats:
    import numpy as np

    out = np.ascontiguousarray(values, dtype=np.float64)
    if out.ndim != 1 or (rows is not None and out.size != rows):
        raise DataError(f"{name} has the shape {out.shape}; all columns must have one entry an observation")
    return out


def extract(
    observations: Mapping[str, ArrayLike],
    features: FeatureNames = "canonical",
    *,
    candle_observations: int = 4,
    missing: Missing = "neutral",
) -> Floats:
    """Rows of features of a recorded market, shape (observations, features).

    `observations`: columns by the names of `OBSERVATION`; mid and last are needed. `candle_observations`: how many of
    them are a candle of the indicators. `missing`: what stands where a value cannot be computed: "neutral" (of the
    table), "minus_one", or None for NaN. Raises DataError naming an observation that cannot be.

    >>> import walras as wl
    >>> rows = wl.features.extract({"mid": [100, 101, 102], "last": [100, 101, 102]}, ["mid", "change_1", "rsi_8"])
    >>> rows[1].round(9).tolist()
    [101.0, 1.0, 50.0]
    """
    import numpy as np

    unknown = [name for name in observations if name not in _DEFAULTS]
    if unknown:
        raise ConfigError(f"unknown column {unknown[0]!r} of observations; the names are {', '.join(OBSERVATION)}")
    for name in ("mid", "last"):
        if name not in observations:
            raise ConfigError(f"observations lack the column {name!r}; give it")
    rows = len(_column("mid", observations["mid"], None))
    columns = [
        _column(name, observations[name], rows) if name in observations else np.full(rows, default)
        for name, default in _DEFAULTS.items()
    ]
    return cast("Floats", _core.extract_market_features(columns, candle_observations, names(features), missing))


class MarketFeatures:
    """The same features, one observation at a time.

    Args:
        candle_observations: how many observations are a candle of the indicators.

    >>> import walras as wl
    >>> stream = wl.features.MarketFeatures()
    >>> for price in (100, 101, 102):
    ...     stream.update(mid=price, last=price)
    >>> stream.row(["change_1"], missing=None).round(6).tolist()
    [0.990099]
    """

    def __init__(self, candle_observations: int = 4) -> None:
        self._stream = _core.MarketFeatureStream(candle_observations)

    def update(self, *, mid: float, last: float, **others: float) -> None:
        """Take in one observation; the names are those of `OBSERVATION`."""
        unknown = [name for name in others if name not in _DEFAULTS]
        if unknown:
            known = ", ".join(OBSERVATION)
            raise ConfigError(f"unknown number {unknown[0]!r} of an observation; the names are {known}")
        given = {**_DEFAULTS, "mid": mid, "last": last, **others}
        self._stream.update(list(given.values()))

    def row(self, features: FeatureNames = "canonical", *, missing: Missing = "neutral") -> Floats:
        """Features after the last observation, shape (features,)."""
        return self._stream.row(names(features), missing)

    def save(self) -> bytes:
        """The whole state."""
        return self._stream.save()

    def load(self, state: bytes) -> None:
        """Go on where `save` was called. Raises DataError for bytes of other candles, or damaged ones."""
        self._stream.load(state)


class Model:
    """A classifier that was learned elsewhere: a tree, a forest, boosted trees, a linear one, naive Bayes, an ensemble.

    >>> import walras as wl
    >>> model = wl.features.Model.parse('''{"walras_model": 1, "type": "decision_tree", "features": ["rsi_8"],
    ...     "classes": ["sell", "hold", "buy"],
    ...     "tree": {"nodes": [[0, 30, -1, -2]], "leaves": [[0, 0.2, 0.8], [0.5, 0.5, 0]]}}''')
    >>> model.predict([[25.0], [75.0]]).tolist()
    [[0.0, 0.2, 0.8], [0.5, 0.5, 0.0]]
    """

    def __init__(self, model: _core.FeatureModel) -> None:
        self._model = model

    @classmethod
    def read(cls, path: str | Path) -> Model:
        """From a JSON file. Raises DataError naming the place of what is wrong in it."""
        return cls(_core.FeatureModel.read(str(path)))

    @classmethod
    def parse(cls, text: str, name: str = "model") -> Model:
        """From JSON text; `name` begins the messages."""
        return cls(_core.FeatureModel.parse(text, name))

    @property
    def type(self) -> str:
        """Such as "random_forest"."""
        return self._model.type

    @property
    def features(self) -> list[str]:
        """Names of its features, in the order of its rows."""
        return self._model.features

    @property
    def missing(self) -> str:
        """What it wants in place of missing values: "neutral" or "minus_one"."""
        return self._model.missing

    @property
    def about(self) -> str:
        """What its author says of it."""
        return self._model.about

    def predict(self, rows: ArrayLike) -> Floats:
        """Probabilities of sell, hold and buy, shape (rows, 3). `rows`: finite, shape (rows, features)."""
        import numpy as np

        given = np.ascontiguousarray(rows, dtype=np.float64)
        if given.ndim != 2:
            raise DataError(f"rows have the shape {given.shape}; give (rows, features), one row as [row]")
        return cast("Floats", self._model.predict(given))

    def __repr__(self) -> str:
        return f"<Model {self.type} of {len(self.features)} features>"
