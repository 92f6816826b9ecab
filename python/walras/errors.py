"""The errors that Walras raises; each message says fact, value and remedy."""

from __future__ import annotations


class WalrasError(Exception):
    """Everything that Walras raises on purpose."""


class DataError(WalrasError):
    """A file, a column or a row is not what it must be."""


class OrderError(WalrasError):
    """An order says something that no venue could do, such as a price off its tick."""


class LedgerError(WalrasError):
    """The books cannot be kept: an overflow, an unknown account or currency."""


class RiskRefusal(WalrasError):  # noqa: N818 - a refusal is an answer, the face promises its name
    """The risk gate said no."""


class ConfigError(WalrasError):
    """A setting, an option or a parameter is unknown or out of range."""


class ModelError(WalrasError):
    """A model does not fit its data or its schema."""


class VenueError(WalrasError):
    """A venue did not answer, or not as agreed."""
