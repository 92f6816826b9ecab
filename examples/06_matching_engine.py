"""The matching engine, alone: price, then time; a stop; an order that would meet its own owner."""

import walras as wl

engine = wl.book.MatchingEngine(tick_size="0.01", lot_size="1")


def show(what: str, events: list[wl.book.MatchEvent]) -> None:
    print(f"{what:45} {events}")


first = engine.submit(side="sell", type="limit", price="100.01", quantity=5, owner=1)
show("owner 1 offers 5 at 100.01", first)
show("owner 2 offers as much", engine.submit(side="sell", type="limit", price="100.01", quantity=5, owner=2))
show("owner 3 takes 7: the first in time goes first", engine.submit(side="buy", type="market", quantity=7, owner=3))
print(f"{'what is left':45} {engine.depth(5).asks}")

show("owner 2 would trade with himself", engine.submit(side="buy", type="limit", price="100.05", quantity=3, owner=2))
show("owner 3 bids 4 at 99.98", engine.submit(side="buy", type="limit", price="99.98", quantity=4, owner=3))
show("owner 3 protects 2 below 99.99", engine.submit(side="sell", type="stop", trigger="99.99", quantity=2, owner=4))
show("a sale at 99.98 fires the stop", engine.submit(side="sell", type="market", quantity=1, owner=1))
