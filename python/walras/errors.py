"""The errors that Walras raises; each message says fact, value and remedy."""

from __future__ import annotations


class WalrasError(Exception):
    """Everything that Walras raises on purpose."""


class DataError(WalrasError):
    """A file, a column or a row is not what it must be."""
