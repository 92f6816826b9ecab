"""How accounts are run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from walras._run_settings import check_cash, rate
from walras.errors import ConfigError
from walras.instrument import Number

USUAL_MAINTENANCE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How an account is run. Rates are fractions a year; `leverage` 2 means an initial margin of one half.

    `kind`: "cash" pays in full and is never short; "margin" may borrow against equity. `mode`: "netting" has one
    position per strategy and instrument, "hedging" keeps long and short apart. `balances` in other currencies come on
    top of `cash`. `venues`: the venues that it settles; None = all that no other account names. Unless you say another,
    the maintenance margin is at most the initial one.
    """

    name: str = "main"
    kind: Literal["cash", "margin"] = "margin"
    mode: Literal["netting", "hedging"] = "netting"
    currency: str = "USD"
    cash: Number = 10_000
    balances: Mapping[str, Number] | None = None
    leverage: float = 1.0
    maintenance_margin: float = USUAL_MAINTENANCE
    debit_rate: float = 0.0
    credit_rate: float = 0.0
    borrow_rate: float = 0.0
    day_count: int = 365
    venues: Sequence[str] | None = None

    def settings(self) -> dict[str, Any]:
        """As the core takes it: rates in units of 1e-9."""
        if not self.leverage >= 1:
            raise ConfigError(f"leverage {self.leverage} must be at least 1; 1 means no borrowing.")
        if self.kind == "cash" and self.leverage != 1:
            raise ConfigError(f"a cash account never borrows, leverage is {self.leverage:g}; use a margin account.")
        initial = 1.0 / self.leverage
        if not 0 <= self.maintenance_margin <= 1:
            raise ConfigError(
                f"maintenance_margin = {self.maintenance_margin} must be a fraction from 0 to 1 of what is held."
            )
        if self.maintenance_margin > initial and self.maintenance_margin != USUAL_MAINTENANCE:
            raise ConfigError(
                f"maintenance_margin = {self.maintenance_margin} is above the initial margin {initial:g} of leverage = "
                f"{self.leverage:g}, so that a new position would be called at once; lower one of them."
            )
        check_cash(self.cash)
        out: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind,
            "mode": self.mode,
            "base_currency": self.currency,
            "balances": {self.currency: self.cash, **(self.balances or {})},
            "initial_margin": rate(initial),
            "maintenance_margin": rate(min(self.maintenance_margin, initial)),
            "debit_rate": rate(self.debit_rate),
            "credit_rate": rate(self.credit_rate),
            "borrow_rate": rate(self.borrow_rate),
            "day_count": self.day_count,
        }
        if self.venues is not None:
            out["venues"] = list(self.venues)
        return out


def accounts_of(
    account: Literal["cash", "margin"] | Account | Sequence[Account],
    cash: Number,
    currency: str,
    leverage: float,
    balances: Mapping[str, Number] | None,
) -> list[Account]:
    if isinstance(account, str):
        return [Account(kind=account, currency=currency, cash=cash, leverage=leverage, balances=balances)]
    # An account speaks for itself. What is said beside it and differs would be lost without a word.
    accounts = [account] if isinstance(account, Account) else list(account)
    if not accounts:
        raise ConfigError("account=[] names no account; give at least one, or leave account= out.")
    said = {"cash": (cash, 10_000), "leverage": (leverage, 1.0), "balances": (balances, None)}
    for name, (value, default) in said.items():
        if value != default and any(getattr(a, name) != value for a in accounts):
            raise ConfigError(f"{name} = {value} is said beside account=; say it in Account({name}=...).")
    return accounts
