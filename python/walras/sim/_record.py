"""Features of a market, tick by tick: what models learn from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from walras.errors import ConfigError, DataError

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from walras.sim._market import Market

_PREFIX = "f_"


@dataclass(frozen=True, slots=True, eq=False)
class FeatureRecord:
    """What the features of a market were.

    Attributes:
        ticks: int64, shape (rows,), rising by one step.
        symbols: names, in the order of the symbol axis.
        names: names of the features, in the order of the last axis.
        features: float64, shape (rows, symbols, features).
        mids: float64, shape (rows, symbols), in currency units.
        missing: what stands where a value was missing: "neutral" or "minus_one".
    """

    ticks: NDArray[np.int64]
    symbols: list[str]
    names: list[str]
    features: NDArray[np.float64]
    mids: NDArray[np.float64]
    missing: Literal["neutral", "minus_one"] = "neutral"

    def to_frame(self) -> pl.DataFrame:
        """One row a tick and symbol: tick, symbol, mid, and `f_` columns."""
        import numpy as np
        import polars as pl

        rows, many = self.mids.shape
        columns: dict[str, Any] = {
            "tick": np.repeat(self.ticks, many),
            "symbol": self.symbols * rows,
            "mid": self.mids.ravel(),
        }
        flat = self.features.reshape(rows * many, len(self.names))
        return pl.DataFrame(columns | {_PREFIX + name: flat[:, i] for i, name in enumerate(self.names)})

    def write(self, path: str | Path) -> None:
        """As Parquet, with the columns of `to_frame`."""
        import polars as pl

        frame = self.to_frame().with_columns(pl.lit(self.missing).alias("missing"))
        try:
            frame.write_parquet(path)
        except OSError as error:
            raise DataError(f"{path}: cannot be written ({error}); check the folder") from None

    @classmethod
    def read(cls, path: str | Path) -> FeatureRecord:
        """What `write` wrote. Raises DataError for other files, or where ticks and symbols are not a whole grid."""
        import numpy as np
        import polars as pl

        try:
            frame = pl.read_parquet(path)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise DataError(f"{path}: is no Parquet file that can be read ({error}); check the path") from None
        lacking = [name for name in ("tick", "symbol", "mid", "missing") if name not in frame.columns]
        names = [name.removeprefix(_PREFIX) for name in frame.columns if name.startswith(_PREFIX)]
        if lacking or not names or frame.is_empty():
            raise DataError(f"{path}: lacks {', '.join(lacking) or 'features'}; record it with walras sim --features")
        symbols = frame["symbol"].unique(maintain_order=True).to_list()
        ticks = frame["tick"].unique(maintain_order=True).to_numpy().astype(np.int64)
        grid = (len(ticks), len(symbols))
        whole = (
            frame.height == grid[0] * grid[1]
            and np.array_equal(frame["tick"].to_numpy(), np.repeat(ticks, grid[1]))
            and frame["symbol"].to_list() == symbols * grid[0]
        )
        if not whole:
            raise DataError(f"{path}: ticks and symbols are no whole grid; record it anew")
        missing = frame["missing"][0]
        features = frame.select(_PREFIX + name for name in names).to_numpy().reshape(*grid, len(names))
        mids = frame["mid"].to_numpy().reshape(grid)
        if not (np.isfinite(features).all() and np.isfinite(mids).all() and missing in ("neutral", "minus_one")):
            raise DataError(f"{path}: has missing values; record it anew")
        return cls(ticks, symbols, names, np.ascontiguousarray(features), mids, missing)


def record_features(
    market: Market,
    ticks: int,
    features: str | Sequence[str] = "full",
    *,
    missing: Literal["neutral", "minus_one"] = "neutral",
    progress: Callable[[int, int], bool | None] | None = None,
) -> FeatureRecord:
    """Let `ticks` ticks pass and keep the features of all symbols after each; the extractor is that of the agents.

    The market's configuration must have `features = true`, or agents whose models need them. If `progress(done,
    ticks)` returns False the recording ends there.

    >>> import walras as wl
    >>> market = wl.sim.Market({"preset": "light-rl", "features": True}, seed=7)
    >>> record = wl.sim.record_features(market, 50)
    >>> record.features.shape, record.mids.shape, record.names[0]
    ((50, 1, 55), (50, 1), 'mid')
    """
    import numpy as np

    from walras.features import names

    if ticks < 1:
        raise ConfigError(f"ticks = {ticks} must be at least 1")
    wanted = names(features)
    out = np.empty((ticks, len(market.symbols), len(wanted)))
    mids = np.empty(out.shape[:2])
    numbers = np.empty(ticks, dtype=np.int64)
    market.features(wanted, missing=missing)
    done = 0
    for i in range(ticks):
        market.step()
        out[i] = market.features(wanted, missing=missing)
        mids[i] = market.mids
        numbers[i] = market.tick
        done = i + 1
        if progress is not None and done % 64 == 0 and progress(done, ticks) is False:
            break
    return FeatureRecord(numbers[:done], market.symbols, wanted, out[:done], mids[:done], missing)
