"""The errors that Walras raises; each message says fact, value and remedy.

`WalrasError` is the base of all of them.
"""

from walras._core import (
    ConfigError,
    DataError,
    InvariantError,
    LedgerError,
    ModelError,
    OrderError,
    RiskRefusal,
    VenueError,
    WalrasError,
)

__all__ = [
    "ConfigError",
    "DataError",
    "InvariantError",
    "LedgerError",
    "ModelError",
    "OrderError",
    "RiskRefusal",
    "VenueError",
    "WalrasError",
]
