"""Writes v1.dbn, v2.dbn and v3.dbn with Databento's own encoder: pip install databento-dbn==0.72.0.

The records are made up and mean the same in all versions; src/walras/codec/dbn/dbn_test.cpp says what they become.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import databento_dbn as dbn

DAY = 1_704_153_600_000_000_000  # 2024-01-02
NEXT_DAY = DAY + 86_400_000_000_000
UNIT = 1_000_000_000


@dataclass
class Interval:
    """Days (the last one not included) and the symbol of these days."""

    start_date: dt.date
    end_date: dt.date
    symbol: str


@dataclass
class Mapping:
    """A symbol and what it was called."""

    raw_symbol: str
    intervals: list[Interval]


def interval(first: int, last: int, symbol: str) -> Interval:
    return Interval(dt.date(2024, 1, first), dt.date(2024, 1, last), symbol)


def metadata(version: int) -> dbn.Metadata:
    return dbn.Metadata(
        dataset="GLBX.MDP3",
        start=DAY,
        stype_in=dbn.SType.RAW_SYMBOL,
        stype_out=dbn.SType.INSTRUMENT_ID,
        schema=None,
        symbols=["ABC", "XYZ"],
        partial=["XYZ"],
        not_found=["NONE"],
        mappings=[
            Mapping("ABC", [interval(2, 4, "7")]),
            Mapping("XYZ", [interval(2, 3, "8"), interval(3, 4, "9")]),
        ],
        end=NEXT_DAY,
        version=version,
    )


def mbo(time: int, action: str, side: str, order: int, price: float, size: int, **more: int) -> dbn.MBOMsg:
    return dbn.MBOMsg(
        publisher_id=1,
        instrument_id=more.get("instrument", 7),
        ts_event=time,
        order_id=order,
        price=dbn.UNDEF_PRICE if price == 0 else int(price * UNIT),
        size=size,
        action=dbn.Action(action),
        side=dbn.Side(side),
        ts_recv=time + 100,
        flags=more.get("flags", 0x80),
        sequence=more.get("sequence", 0),
    )


def pair(bid: float, bid_size: int, ask: float, ask_size: int) -> dbn.BidAskPair:
    return dbn.BidAskPair(
        bid_px=int(bid * UNIT) if bid else dbn.UNDEF_PRICE,
        ask_px=int(ask * UNIT) if ask else dbn.UNDEF_PRICE,
        bid_sz=bid_size,
        ask_sz=ask_size,
        bid_ct=1,
        ask_ct=1,
    )


def common(time: int, instrument: int, price: float, size: int, action: str, side: str) -> dict[str, Any]:
    return {
        "publisher_id": 1,
        "instrument_id": instrument,
        "ts_event": time,
        "price": int(price * UNIT),
        "size": size,
        "action": dbn.Action(action),
        "side": dbn.Side(side),
        "depth": 0,
        "ts_recv": time + 100,
        "flags": 0x80,
        "sequence": 5,
    }


def records(version: int) -> list[Any]:
    t = DAY
    empty = pair(0, 0, 0, 0)
    ten = [pair(10.0, 5, 10.25, 6), pair(9.75, 7, 10.5, 8), *[empty] * 8]
    then = [pair(9.75, 7, 10.25, 4), pair(9.5, 2, 10.5, 8), *[empty] * 8]
    mapping: Any
    if version == 1:
        mapping = dbn.SymbolMappingMsgV1(1, 11, t + 9, "LATE", "LATEST", t, NEXT_DAY)
    else:
        raw = dbn.SType.RAW_SYMBOL
        mapping = dbn.SymbolMappingMsg(1, 11, t + 9, raw, "LATE", raw, "LATEST", t, NEXT_DAY)
    return [
        mbo(t, "R", "N", 0, 0, 0, flags=0x28),
        mbo(t, "A", "B", 1, 10.0, 5, flags=0x28, sequence=1),
        mbo(t, "A", "A", 2, 10.25, 6, flags=0xA8, sequence=2),
        mbo(t + 1, "A", "B", 3, 9.75, 7, sequence=3),
        mbo(t + 2, "M", "B", 3, 9.75, 4, sequence=4),
        mbo(t + 3, "T", "A", 0, 10.0, 2, flags=0, sequence=5),
        mbo(t + 3, "F", "B", 1, 10.0, 2, flags=0, sequence=5),
        mbo(t + 3, "C", "B", 1, 10.0, 2, sequence=6),
        mbo(t + 4, "T", "N", 0, 10.25, 1, flags=0, sequence=7),
        mbo(t + 5, "R", "N", 0, 0, 0, sequence=8),
        mbo(t + 6, "A", "A", 4, 10.25, 1, flags=0x84, sequence=9),
        dbn.TradeMsg(**common(t + 7, 8, 20.5, 3, "T", "B")),
        dbn.MBP1Msg(**common(t + 8, 8, 20.5, 3, "T", "A"), levels=pair(20.25, 4, 20.5, 0)),
        mapping,
        dbn.BBOMsg(
            rtype=dbn.RType.BBO_1S,
            publisher_id=1,
            instrument_id=11,
            ts_event=t + 9,
            price=UNIT,
            size=1,
            side=dbn.Side.NONE,
            ts_recv=t + 110,
            levels=pair(1.0, 2, 3.0, 4),
        ),
        dbn.MBP10Msg(**common(t + 11, 12, 10.0, 1, "A", "B"), levels=ten),
        dbn.MBP10Msg(**common(t + 12, 12, 10.0, 2, "T", "A"), levels=then),
        dbn.OHLCVMsg(dbn.RType.OHLCV_1S, 1, 7, t + 13, UNIT, UNIT, UNIT, UNIT, 1),
        mbo(NEXT_DAY, "A", "A", 5, 30.5, 2, instrument=9, sequence=10),
    ]


def main() -> None:
    """Write the three files beside this one."""
    for version in (1, 2, 3):
        body = b"".join(bytes(record) for record in records(version))
        (Path(__file__).parent / f"v{version}.dbn").write_bytes(metadata(version).encode() + body)


if __name__ == "__main__":
    main()
