"""tests/scenarios/book/*.txt through the public Python API, with a parser that shares nothing with the C++ one.

The format is described in tests/scenarios/README.md.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import pytest

import walras as wl

PHASE_WORDS = ("pre_open", "open_auction", "uncross", "halt", "resume", "close")
FILES = sorted((Path(__file__).parents[1] / "scenarios" / "book").glob("*.txt"))


def number(value: object) -> str:
    """10, 10.0 and "10.00" are one number."""
    text = format(Decimal(str(value)).normalize(), "f")
    return "0" if text == "-0" else text


def canonical(text: str) -> str:
    words = []
    for word in text.split():
        try:
            words.append(number(word))
        except InvalidOperation:
            words.append(word)
    return " ".join(words)


class Names(dict[str, int]):
    """Names stand for 1, 2, 3 ... in order of appearance."""

    def __missing__(self, name: str) -> int:
        self[name] = len(self) + 1
        return self[name]

    def of(self, value: int | None) -> str:
        return next(name for name, known in self.items() if known == value)


class Runner:
    def __init__(self) -> None:
        self.m = wl.book.MatchingEngine()
        self.orders = Names()
        self.owners = Names()
        self.unnamed = 0

    def run(self, words: list[str]) -> list[str]:
        command, *rest = words
        if command in ("buy", "sell"):
            return self.submit(command, rest)
        if command == "replace":
            options = dict(word.split("=") for word in rest[1:])
            try:
                events = self.m.replace(self.orders[rest[0]], **options)
            except wl.OrderError as error:
                return [f"replace_rejected {rest[0]} {off_grid(error)}"]
            return [self.text(e) for e in events]
        if command in PHASE_WORDS:
            try:
                return [self.text(e) for e in getattr(self.m, command)(*rest) or []]
            except wl.OrderError as error:
                assert "needs phase" in str(error)
                return ["refused"]
        if command == "position" and len(rest) == 1:
            return [f"position {rest[0]} {number(self.m.position(self.owners[rest[0]]))}"]
        show: Callable[..., list[str]] | None = getattr(self, f"show_{command}", None)
        if show is not None:
            return show(*rest)
        act: dict[str, Callable[[], list[wl.book.MatchEvent]]] = {
            "cancel": lambda: self.m.cancel(self.orders[rest[0]]),
            "time": lambda: self.m.advance_to(rest[0]),
            "end": self.m.end_of_session,
            "reference": lambda: self.m.set_reference_price(rest[0]) or [],
            "position": lambda: self.m.set_position(self.owners[rest[0]], rest[1]),
        }
        return [self.text(e) for e in act[command]()]

    def submit(self, side: str, words: list[str]) -> list[str]:
        order: dict[str, Any] = {"side": side, "type": words[0], "quantity": words[1]}
        self.unnamed += 1
        name = f"order{self.unnamed}"
        rest = iter(words[2:])
        for word in rest:
            key, _, value = word.partition("=")
            if key == "@":
                order["price"] = next(rest)
            elif key == "id":
                name = value
            elif key == "owner":
                order["owner"] = self.owners[value]
            elif key == "expire":
                order["expire_time"] = value
            else:
                order[key] = value or True
        try:
            events = self.m.submit(order=self.orders[name], **order)
        except wl.OrderError as error:
            return [f"rejected {name} {off_grid(error)}"]
        return [self.text(e) for e in events]

    def text(self, e: wl.book.MatchEvent) -> str:
        name = self.orders.of(e.order)
        price = "" if e.price is None else f" @ {number(e.price)}"
        reason = "" if e.reason is None else f" {e.reason}"
        if e.kind == "filled":
            assert e.taker == e.order
            assert e.price is not None
            return f"filled {name} x {self.orders.of(e.maker)} {number(e.quantity)} @ {number(e.price)}"
        if e.kind == "replaced":
            return f"replaced {name} {number(e.quantity)}{price}{reason}"
        if e.kind in ("canceled", "expired"):
            return f"{e.kind} {name} {number(e.quantity)}" + (reason if e.kind == "canceled" else "")
        return f"{e.kind} {name}{reason}"

    def show_engine(self, *settings: str) -> list[str]:
        options: dict[str, Any] = {}
        for setting in settings:
            key, _, value = setting.partition("=")
            name = {"tick": "tick_size", "lot": "lot_size", "negative_prices": "price_may_be_negative"}.get(key, key)
            if key == "tick_table":
                options["tick_size"] = [tuple(row.split(":")) for row in value.split(",")]
            else:
                options[name] = value or True
        self.m = wl.book.MatchingEngine(**options)
        return []

    def show_book(self) -> list[str]:
        depth = self.m.depth(1000)
        lines = [("ask", *level) for level in reversed(depth.asks)] + [("bid", *level) for level in depth.bids]
        return [f"{side} {number(p)} {number(q)} ({n})" for side, p, q, n in lines] or ["empty"]

    def show_order(self, name: str) -> list[str]:
        o = self.m.order(self.orders[name])
        if o is None:
            return ["gone"]
        price = "" if o.price is None else f" @ {number(o.price)}"
        price += "" if o.display is None else f" display {number(o.display)}"
        trigger = "" if o.trigger is None else f" trigger {number(o.trigger)}"
        return [f"{o.side} {o.type} {number(o.leaves)}{price}{trigger} {o.status}"]

    def show_queue(self, name: str) -> list[str]:
        ahead = self.m.queue_ahead(self.orders[name])
        return ["not queued" if ahead is None else f"ahead {number(ahead)}"]

    def show_phase(self) -> list[str]:
        return [self.m.phase]

    def show_indicative(self) -> list[str]:
        i = self.m.indicative()
        words = [
            "none" if i.price is None else f"{number(i.price)} {number(i.volume)} surplus {number(i.surplus)}",
            f"market_buys {number(i.market_buys)}" if i.market_buys else "",
            f"market_sells {number(i.market_sells)}" if i.market_sells else "",
        ]
        return [" ".join(word for word in words if word)]

    def show_range(self) -> list[str]:
        band = self.m.price_range()
        return ["none" if band is None else f"low {number(band[0])} high {number(band[1])}"]

    def show_last(self) -> list[str]:
        return ["none" if self.m.last_price is None else f"last {number(self.m.last_price)}"]


def off_grid(error: wl.OrderError) -> str:
    """Off-grid numbers raise in Python; the engine itself would have rejected them."""
    assert "the nearest are" in str(error)
    return "off_tick" if "tick size" in str(error) else "off_lot"


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_the_engine_does_what_the_scenario_says(path: Path) -> None:
    runner = Runner()
    steps: list[tuple[int, str, list[str]]] = []
    for line, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = raw.split("#")[0].strip()
        if text.startswith(">"):
            steps[-1][2].append(canonical(text[1:]))
        elif text:
            steps.append((line, text, []))
    for line, command, want in steps:
        got = runner.run(command.split())
        where = f"{path.name}:{line}: {command}"
        if not want:
            assert [event.split()[0] for event in got] in ([], ["accepted"], ["canceled"], ["replaced"]), where
            continue
        if got and got[0].startswith("accepted") and not want[0].startswith("accepted"):
            got = got[1:]
        assert got == want, where


def test_there_are_scenarios() -> None:
    assert len(FILES) >= 115
