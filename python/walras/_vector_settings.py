"""The settings of a vectorised run, checked and handed to the core."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from walras import _core
from walras._vector_inputs import Axes, is_one, per_column
from walras.errors import ConfigError

if TYPE_CHECKING:
    from walras._vector_result import VectorResult
    from walras.instrument import Number

FillAt: TypeAlias = Literal["auto", "next_open", "next_close", "this_close", "intrabar_path"]
Groups: TypeAlias = Literal["all"] | Sequence[Hashable] | Mapping[Any, Hashable] | None
SIZES = ("shares", "value", "percent", "target_shares", "target_value", "target_percent")
_FILL_AT = ("next_open", "next_close", "this_close", "intrabar_path")


def run_arrays(
    name: str,
    matrices: dict[str, Any],
    axes: Axes,
    *,
    cash: Any,
    groups: Groups,
    fees: Any,
    slippage: Any,
    fill_at: str,
    limit_fill: str,
    account: str,
    leverage: float,
    size_buffer: float | None,
    lot_size: Any,
    tick_size: Any,
    multiplier: Any,
    currency: str,
    periods_per_year: float | None,
    threads: int,
    size_type: str,
    accumulate: bool,
    shown: dict[str, Any],
) -> VectorResult:
    """Checks what the faces have in common, runs the core and wraps what comes back."""
    from walras._account import Account
    from walras._run_settings import fee_model, rate, slippage_model
    from walras._vector_result import VectorResult

    charges, slip_model = fee_model(fees), slippage_model(slippage)
    if fill_at == "auto":
        fill_at = "next_open" if "open" in matrices else "next_close"
    for word, given, known in (
        ("fill_at", fill_at, _FILL_AT),
        ("limit_fill", limit_fill, ("touch", "cross")),
        ("account", account, ("cash", "margin")),
    ):
        if given not in known:
            raise ConfigError(f'{word} "{given}" is unknown; choose one of: {", ".join(known)}.')
    if size_buffer is not None and not 0 <= size_buffer < 1:
        raise ConfigError(f"size_buffer = {size_buffer} must be a fraction of at least 0 and below 1.")
    if not isinstance(threads, int) or threads < 0:
        raise ConfigError(f"threads = {threads!r} must be a whole number; 0 means all cores.")
    if periods_per_year is not None and not periods_per_year > 0:
        raise ConfigError(f"periods_per_year = {periods_per_year} must be positive.")
    margins = Account(kind=account, leverage=leverage).settings()  # type: ignore[arg-type]
    pools, labels = _pools(groups, axes)
    starts = _cash(cash, labels)
    opens, closes = axes.times
    settings: dict[str, Any] = {
        "accumulate": bool(accumulate),
        "size": SIZES.index(size_type),
        "fill_at": _FILL_AT.index(fill_at),
        "limit_fill": ("touch", "cross").index(limit_fill),
        "account": ("cash", "margin").index(account),
        "fees": charges,
        "slippage": slip_model,
        "size_buffer": rate(charges.proportional if size_buffer is None else size_buffer),
        "initial_margin": margins["initial_margin"],
        "maintenance_margin": margins["maintenance_margin"],
        "pools": pools,
        "cash": starts,
        "opens": opens,
        "closes": closes,
        "names": axes.names,
        "tick_size": _all_fixed("tick_size", tick_size, axes),
        "lot_size": _all_fixed("lot_size", lot_size, axes),
        "multiplier": _all_fixed("multiplier", multiplier, axes),
    }
    run = _core.run_vector(matrices, settings, threads=threads)
    return VectorResult(
        run,
        axes,
        labels=labels,
        pools=pools,
        matrices=matrices,
        currency=currency,
        periods_per_year=periods_per_year if periods_per_year or axes.has_times else 252.0,
        settings={
            "fill_at": fill_at,
            "fees": charges.describe(),
            "slippage": slip_model.describe(),
            "account": f"{account}, leverage {leverage:g}",
            "cash": sum(starts) * (len(labels) if len(starts) == 1 else 1) / 1e9,
            "limit_fill": limit_fill,
        },
        name=name,
        parameters={key: value for key, value in shown.items() if value is not None},
    )


def _pools(groups: Groups, axes: Axes) -> tuple[list[list[int]] | None, Sequence[Hashable]]:
    """Columns of each pot of cash, None where each column is one, and the labels of the pots."""
    if groups is None:
        return None, axes.columns
    count = len(axes.columns)
    if isinstance(groups, str):
        if groups != "all":
            raise ConfigError(f'groups "{groups}" is unknown; give "all", None, or a label for each column.')
        return [list(range(count))], ["all" if count > 1 else axes.columns[0]]
    labels = per_column("groups", groups, axes)
    order = list(dict.fromkeys(labels))
    return [[i for i in range(count) if labels[i] == label] for label in order], order


def _cash(cash: Any, labels: Sequence[Hashable]) -> list[int]:
    """Units of 1e-9 for each pot, or one amount for all of them."""
    own = Axes("numpy", 1, tuple(labels))
    amounts = [cash] if is_one(cash) else per_column("cash", cash, own)
    for label, amount in zip(labels, amounts, strict=False):
        if isinstance(amount, float | int | np.number) and not (math.isfinite(amount) and amount >= 0):
            raise ConfigError(f"cash of {label} = {amount} must be a finite number of at least 0.")
    return [_fixed(amount) for amount in amounts]


def _all_fixed(name: str, value: Any, axes: Axes) -> list[int]:
    """Units of 1e-9 for each column, or one number for all of them."""
    return [_fixed(value)] if is_one(value) else [_fixed(v) for v in per_column(name, value, axes)]


def _fixed(value: Number | np.generic) -> int:
    """Units of 1e-9."""
    plain = value.item() if isinstance(value, np.generic) else value
    return _core.parse_fixed(f"{plain:.9f}" if isinstance(plain, float) else str(plain))
