"""The cards of tests/scenarios/fills, played by a Python strategy through walras.backtest.run.

The parser here shares nothing with the one in C++: both read what the README of that folder says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import walras as wl
from walras.data import Bars, Quotes

FOLDER = Path(__file__).parents[1] / "scenarios" / "fills"
CARDS = sorted(FOLDER.glob("*.txt"))
SECOND = 1_000_000_000
DAY = 86_400 * SECOND
FIRST_DAY = 1_704_067_200 * SECOND  # 2024-01-01


def open_of(candle: int) -> int:
    return FIRST_DAY + (candle - 1) * DAY + 34_200 * SECOND


def close_of(candle: int) -> int:
    return FIRST_DAY + (candle - 1) * DAY + 57_600 * SECOND


def time_of_quote(quote: int) -> int:
    return FIRST_DAY + quote * SECOND


@dataclass
class Card:
    path: Path
    given: dict[str, list[str]] = field(default_factory=dict)
    candles: dict[str, list[list[str]]] = field(default_factory=dict)
    quotes: dict[str, list[list[str]]] = field(default_factory=dict)
    acts: list[tuple[str, int, list[str]]] = field(default_factory=list)
    fills: list[tuple[int, list[str]]] = field(default_factory=list)
    finals: list[tuple[int, list[str]]] = field(default_factory=list)


def read(path: Path) -> Card:
    card = Card(path)
    for number, text in enumerate(path.read_text().splitlines(), 1):
        words = text.split("#")[0].split()
        if not words:
            continue
        key = words[0].rstrip(":")
        if key == "given":
            card.given[words[1]] = words[2:]
        elif key in ("candle", "quote"):
            name = "A" if words[2][0].isdigit() else words.pop(2)
            (card.candles if key == "candle" else card.quotes).setdefault(name, []).append(words[1:])
        elif key in ("start", "stop"):
            card.acts.append((key, 0, words[1:]))
        elif key in ("after", "filled"):
            card.acts.append((key, int(words[1].rstrip(":")), words[2:]))
        elif key == "fill":
            card.fills.append((number, words))
        else:
            assert key in ("order", "position", "cash", "equity"), f"{path}:{number}: {key!r} begins no line of a card"
            card.finals.append((number, words))
    return card


class Player(wl.Strategy):
    """Places what the card says, when it says so."""

    def __init__(self, card: Card) -> None:
        super().__init__()
        self.card = card
        self.lists: dict[str, int] = {}

    def on_start(self, ctx: Any) -> None:
        self.act(ctx, "start", 0)

    def on_stop(self, ctx: Any) -> None:
        self.act(ctx, "stop", 0)

    def on_bars(self, ctx: Any, bars: dict[str, Any]) -> None:
        self.act(ctx, "after", (ctx.now - FIRST_DAY) // DAY + 1)

    def on_quote(self, ctx: Any, quote: Any) -> None:
        self.act(ctx, "after", (ctx.now - FIRST_DAY) // SECOND)

    def on_order(self, ctx: Any, update: Any) -> None:
        if update.is_fill and update.order.filled == update.quantity:
            self.act(ctx, "filled", update.id)

    def act(self, ctx: Any, when: str, number: int) -> None:
        for kind, at, words in self.card.acts:
            if kind == when and at == number:
                self.play(ctx, words)

    def play(self, ctx: Any, words: list[str]) -> None:
        verb, rest = words[0], words[1:]
        if verb == "close":
            ctx.close(rest[0] if rest else "A")
        elif verb == "cancel":
            ctx.cancel(int(rest[0]))
        elif verb == "replace":
            ctx.replace(int(rest[0]), **dict(zip(rest[1::2], rest[2::2], strict=True)))
        else:
            size = rest[0]
            more: dict[str, Any] = (
                {"value": size[1:]} if size[0] == "$" else {"percent" if size[-1] == "%" else "quantity": size}
            )
            instrument = "A"
            at = 1
            while at < len(rest):
                word = rest[at]
                at += 1
                if word in ("post_only", "reduce_only"):
                    more[word] = True
                    continue
                value = rest[at]
                at += 1
                if word == "of":
                    instrument = value
                elif word in ("oco", "ouo"):
                    if value not in self.lists:
                        self.lists[value] = ctx.new_oco()
                    more[word] = self.lists[value]
                elif word == "when_filled":
                    more["after"] = int(value)
                elif word == "expire":
                    more["expire"] = close_of(int(value)) if self.card.candles else time_of_quote(int(value))
                elif word.endswith("_pct"):
                    more[word] = value + "%"
                else:
                    more[word] = value
            {"buy": ctx.buy, "sell": ctx.sell, "target": ctx.target}[verb](instrument, **more)


def duration_ms(text: str) -> float:
    for unit, factor in (("ms", 1.0), ("s", 1e3), ("m", 60e3), ("h", 3600e3)):
        if text.endswith(unit) and text[: -len(unit)].isdigit():
            return int(text[: -len(unit)]) * factor
    raise AssertionError(text)


def run(card: Card) -> Any:
    series: list[Any] = []
    closes_only = "closes" in card.given
    for name, rows in card.candles.items():
        numbers = [int(r[0]) for r in rows]
        columns = np.array([[float(x) for x in r[1:5]] for r in rows]).T
        volume = np.array([float(r[5]) for r in rows]) if len(rows[0]) > 5 else None
        closes, opens = [close_of(n) for n in numbers], [open_of(n) for n in numbers]
        first, high, low, last = columns
        series.append(
            Bars.from_columns(name, closes, first, high, low, last, volume, ts_open=opens, closes_only=closes_only)
        )
    for name, rows in card.quotes.items():
        columns = np.array([[float(x) for x in r[1:]] for r in rows]).T
        series.append(Quotes.from_columns(name, [time_of_quote(int(r[0])) for r in rows], *columns))
    given = card.given
    latency = wl.latency.none()
    if "latency" in given:
        latency = wl.latency.constant(*(duration_ms(t) for t in given["latency"]))
    if "sampled_latency" in given:
        latency = wl.latency.sampled(*(duration_ms(t) for t in given["sampled_latency"]), seed=7)
    fees = wl.fees.maker_taker(*(float(f) * 1e4 for f in given["fees"])) if "fees" in given else 0
    options: dict[str, Any] = {"fill_at": given.get("fill_at", ["next_open"])[0]}
    if "limit_fill" in given:
        options["limit_fill"] = given["limit_fill"][0]
    if "volume_share" in given:
        options["volume_share"] = float(given["volume_share"][0])
    if "account" in given:
        options["account"] = given["account"][0]
    if "sessions" in given:
        options["session_closes"] = [close_of(n) for n in range(1, 32)]
    known = {
        "fill_at",
        "limit_fill",
        "volume_share",
        "account",
        "sessions",
        "latency",
        "sampled_latency",
        "fees",
        "slippage",
        "closes",
    }
    assert set(given) <= known, set(given) - known
    slippage = float(given["slippage"][0]) * 1e4 if "slippage" in given else 0
    with pytest.MonkeyPatch.context() as patch:
        if "session_closes" in options:  # the cards' own sessions instead of an exchange's
            sessions = options.pop("session_closes")
            patch.setattr("walras.backtest._session_closes", lambda *_: sessions)
        return wl.backtest.run(
            Player(card),
            series,
            cash=10_000,
            fees=fees,
            slippage=slippage,
            latency=latency,
            size_buffer=0,
            **options,
        )


def text(number: float) -> str:
    value = Decimal(repr(float(number))).quantize(Decimal("0.000000001")).normalize()
    return f"{value:f}"


def row_at(card: Card, ts: int) -> int:
    if card.candles:
        return next(n for n in range(1, 32) if close_of(n) >= ts)
    return max(int(r[0]) for rows in card.quotes.values() for r in rows if time_of_quote(int(r[0])) <= ts)


def fills_of(card: Card, result: Any) -> list[str]:
    out = []
    for f in result.fills.iter_rows(named=True):
        ts = (f["ts"].timestamp() if hasattr(f["ts"], "timestamp") else f["ts"]) * 1
        row = row_at(card, round(ts * 1e3) * 1_000_000)
        out.append(
            f"fill {row} order {f['order']} {f['side']} {text(f['quantity'])} "
            f"@ {text(f['price'])} {f['rule']} {f['liquidity']}"
        )
    return out


@pytest.mark.parametrize("path", CARDS, ids=lambda p: p.stem)
def test_a_python_strategy_fills_as_the_card_says(path: Path) -> None:
    card = read(path)
    result = run(card)
    got = fills_of(card, result)
    for i in range(max(len(got), len(card.fills))):
        line, words = card.fills[i] if i < len(card.fills) else (0, ["nothing"])
        found = got[i] if i < len(got) else "nothing"
        if len(words) == 9:
            found = found.rpartition(" ")[0]
        assert found == " ".join(words), f"{path}:{line}"
    # `id` or `order`: whatever the frame calls an order's number.
    key = "order" if "order" in result.orders.columns else "id"
    orders = {row[key]: row for row in result.orders.iter_rows(named=True)}
    for line, words in card.finals:
        place = f"{path}:{line}"
        if words[0] == "order":
            order = orders[int(words[1])]
            assert order["status"] == words[2], place
            if len(words) > 3:
                assert order["reason"] == words[3], place
        elif words[0] == "position":
            rows = result.fills.filter(result.fills["instrument"].str.starts_with(words[2] if len(words) > 2 else "A"))
            net = sum(r["quantity"] * (1 if r["side"] == "buy" else -1) for r in rows.iter_rows(named=True))
            assert text(net) == words[1], place
        elif words[0] == "equity":
            assert text(result.stats["final_equity"]) == words[1], place
        else:
            spent = sum(
                r["quantity"] * r["price"] * (-1 if r["side"] == "buy" else 1) - r["fee"]
                for r in result.fills.iter_rows(named=True)
            )
            assert text(round(10_000 + spent, 9)) == words[1], place


def test_there_are_at_least_forty_five_cards() -> None:
    assert len(CARDS) >= 45
