"""Which column plays which role, by the names that columns have in the wild."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from walras.data._errors import DataError
from walras.data._table import Columns, Table

# Role -> names that columns have in the wild, lower case, best first. "_e4" and "_e9" endings are units, see scale_of.
ALIASES: dict[str, tuple[str, ...]] = {
    "time": (
        "ts_close",
        "ts_open",
        "ts_event",
        "ts",
        "timestamp",
        "timestamp_utc",
        "datetime",
        "date_time",
        "time_utc",
        "date",
        "day",
        "gmt time",
        "local time",
        "time",
        "",
    ),
    "clock": ("time", "clock"),
    "ms": ("ms", "ms_ny", "ms_utc"),
    "open": ("open", "o", "op", "<open>"),
    "high": ("high", "h", "hi", "<high>"),
    "low": ("low", "l", "lo", "<low>"),
    "close": ("close", "c", "cl", "<close>", "last"),
    "volume": ("volume", "vol", "v", "<vol>", "tick_volume", "tickvol"),
    "bid": ("bid", "bid_price", "bidprice", "best_bid", "bid_c"),
    "ask": ("ask", "ask_price", "askprice", "best_ask", "ask_c", "offer"),
    "bid_size": ("bid_size", "bidsize", "bid_qty", "bid_quantity", "best_bid_size"),
    "ask_size": ("ask_size", "asksize", "ask_qty", "ask_quantity", "best_ask_size"),
    "price": ("price", "px", "last", "trade_price"),
    "size": ("size", "quantity", "qty", "amount", "volume"),
    "aggressor": ("aggressor", "aggressor_side", "side", "taker_side"),
    "trade_id": ("trade_id", "tradeid", "id"),
    "suspicious": ("suspicious",),
}
for _side in ("bid", "ask"):
    for _word in ("open", "high", "low", "close"):
        ALIASES[f"{_side}_{_word}"] = (f"{_side}_{_word[0]}", f"{_side}_{_word}", f"{_side}{_word}")


@dataclass(frozen=True, slots=True)
class Roles:
    """Which column plays which role."""

    table: Table
    names: dict[str, str]

    def __contains__(self, role: str) -> bool:
        return role in self.names

    def require(self, role: str) -> str:
        if role not in self.names:
            self.table.fail(
                f"there is no column for {role!r} among {', '.join(repr(c) for c in self.table.frame.columns[:12])}",
                f'name it: columns={{"{role}": "..."}}',
            )
        return self.names[role]


def find_roles(table: Table, columns: Columns | None) -> Roles:
    """Explicit names first, then well-known ones. An explicit name that does not exist is an error."""
    frame = table.frame
    names: dict[str, str] = {}
    if isinstance(columns, Mapping):
        for role, name in columns.items():
            if role not in ALIASES:
                raise DataError(f"columns= names the unknown role {role!r}; roles are {', '.join(ALIASES)}")
            if name not in frame.columns:
                table.fail(
                    f"there is no column {name!r}, only {', '.join(repr(c) for c in frame.columns[:12])}",
                    "correct columns=",
                )
            names[role] = name
    lower: dict[str, str] = {}
    for c in frame.columns:
        lower.setdefault(base_name(c), c)
    for role, aliases in ALIASES.items():
        if role in names:
            continue
        for alias in aliases:
            if alias in lower:
                names[role] = lower[alias]
                break
    # A date column with a clock column beside it, "2006-01-02","09:01:00": both make the time.
    if names.get("time") == names.get("clock"):
        names.pop("clock", None)
    if "clock" in names and base_name(names.get("time", "")) not in {"date", "day"}:
        names.pop("clock")
    if "volume" in names and "size" in names and names["size"] == names["volume"] and "close" in names:
        names.pop("size")
    return Roles(table, names)


def base_name(name: str) -> str:
    low = name.strip().lower()
    for ending in ("_e4", "_e9"):
        low = low.removesuffix(ending)
    return low
