"""Tables of the documents that repeat what the code says are the code's own.

`python -m tests.python.test_docs_tables` writes them again.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import walras as wl
from tests.python import lean_references

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "walras"
CONCEPTS = ROOT / "docs" / "concepts"


def enumerators(header: str, name: str) -> list[str]:
    """The names of an enumeration, in order."""
    body = re.search(rf"enum class {name}\b[^{{]*{{(.*?)}};", (SRC / header).read_text(encoding="utf-8"), re.S)
    assert body, name
    return re.findall(r"^\s*(\w+)\s*(?:=[^,]*)?,?\s*$", re.sub(r"//.*", "", body[1]).replace(",", ",\n"), re.M)


def lifecycle_table() -> str:
    statuses = enumerators("model/enums.hpp", "OrderStatus")
    steps = enumerators("model/event.hpp", "OrderStep")
    source = (SRC / "model/lifecycle.cpp").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in row.split(",")] for row in re.findall(r"/\* [\w ]+ \*/\s*\{\{(.*?)\}\}", source)]
    assert [len(rows), *{len(row) for row in rows}] == [len(statuses), len(steps)]
    # Steps are rows here: fifteen columns do not fit on a page.
    lines = ["| step \\ status | " + " | ".join(s.replace("_", " ") for s in statuses) + " |", "|---" * 13 + "|"]
    for i, step in enumerate(steps):
        cells = ["" if row[i] == "bad" else row[i].replace("_", " ") for row in rows]
        lines.append(f"| **{step.replace('_', ' ')}** | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def reasons_table() -> str:
    source = (SRC / "model/enums.cpp").read_text(encoding="utf-8")
    sentences = dict(re.findall(r"case Reason::(\w+):\s*return\s*\"([^\"]*)\";", source.split("describe(Reason", 1)[1]))
    names = [name for name in enumerators("model/enums.hpp", "Reason") if name != "none"]
    return "\n".join(["| reason | sentence |", "|---|---|", *(f"| `{n}` | {sentences[n]} |" for n in names)])


def statistics_table() -> str:
    lines = ["| key | unit | formula |", "|---|---|---|"]
    group = ""
    for key, info in wl.stats.definitions().items():
        if info.group != group:
            group = info.group
            lines.append(f"| **{group}** | | |")
        formula = info.formula.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")
        lines.append(f"| `{key}` | {info.unit} | {formula} |")
    return "\n".join(lines)


def warm_up(spec: Any) -> str:
    """The rows before each output's first value, with the default parameters; on bars that turn often."""
    t = np.arange(1200.0)
    close = 100 + 8 * np.sin(t / 5) + 3 * np.sin(t * 1.7)
    data = dict.fromkeys(("values", "close"), close)
    data |= {"open": close - np.sin(t), "high": close + 2, "low": close - 2, "volume": 1000 + 300 * np.cos(t)}
    data |= {"session": t // 20, "benchmark": 50 + 5 * np.cos(t / 3)}
    found = getattr(wl.indicators, spec["name"])(*(data[name] for name in spec["inputs"]))
    rows = [int(np.isnan(x).sum()) for x in (found if isinstance(found, tuple) else (found,))]
    return str(rows[0]) if len(set(rows)) == 1 else ", ".join(map(str, rows))


def in_a_cell(text: str) -> str:
    """Plain text between backticks as it is, the rest escaped."""
    parts = text.replace("|", "\\|").split("`")
    return "`".join(part if k % 2 else re.sub(r"([*_\[])", r"\\\1", part) for k, part in enumerate(parts))


def indicators_table() -> str:
    lines = ["| function, class | inputs | outputs | parameters | warm-up | formula | TA-Lib |", "|---" * 7 + "|"]
    specs = [spec for spec in wl.indicators.catalog() if spec["group"] != "candle"]
    for group in ("average", "momentum", "trend", "volatility", "volume", "statistics"):
        lines.append(f"| **{group}** | | | | | | |")
        for spec in (spec for spec in specs if spec["group"] == group):
            outputs = "" if len(spec["outputs"]) == 1 else ", ".join(f"`{name}`" for name in spec["outputs"])
            parameters = ", ".join(f"`{row['name']}` = {row['default']}" for row in spec["parameters"])
            names = f"`{spec['name']}`, `{spec['class_name']}`: {spec['title']}"
            cells = [names, ", ".join(spec["inputs"]), outputs, parameters, warm_up(spec), in_a_cell(spec["formula"])]
            lines.append(f"| {' | '.join(cells)} | {in_a_cell(spec['talib'])} |")
    return "\n".join(lines)


def candles_table() -> str:
    specs = [spec for spec in wl.indicators.catalog() if spec["group"] == "candle"]
    rows = [(f"`{s['name']}`: {s['title']}", warm_up(s), in_a_cell(s["formula"]), s["talib"]) for s in specs]
    head = ["| function | warm-up | pattern | TA-Lib |", "|---" * 4 + "|"]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows)])


def features_table() -> str:
    def number(x: float) -> str:
        return {float("inf"): "∞", float("-inf"): "−∞"}.get(x, f"{x:g}".replace("-", "−"))

    lines = ["| index | feature | group | unit | what it is | neutral | range | sets |", "|---" * 8 + "|"]
    for f in wl.features.market_features():
        sets = ", ".join(name for name in ("canonical", "minimal") if f[name])
        cells = [f["index"], f"`{f['name']}`", f["group"], f["unit"], in_a_cell(f["formula"]), number(f["neutral"])]
        lines.append(f"| {' | '.join(map(str, cells))} | {number(f['least'])} to {number(f['most'])} | {sets} |")
    return "\n".join(lines)


# By the mark in the page.
TABLES: dict[str, tuple[str, Callable[[], str]]] = {
    "lifecycle table": ("orders.md", lifecycle_table),
    "reasons table": ("orders.md", reasons_table),
    "statistics table": ("statistics.md", statistics_table),
    "indicators table": ("indicators.md", indicators_table),
    "candles table": ("indicators.md", candles_table),
    "market features table": ("market-models.md", features_table),
    "LEAN table": ("indicators.md", lean_references.table),
}


def written(text: str, mark: str) -> str:
    return text.split(f"<!-- {mark} -->\n\n", 1)[1].split("\n\n", 1)[0]


@pytest.mark.parametrize("mark", TABLES)
def test_the_table_in_the_document_is_the_one_in_the_code(mark: str) -> None:
    page, table = TABLES[mark]
    assert written((CONCEPTS / page).read_text(encoding="utf-8"), mark) == table()


def test_every_fill_rule_is_explained() -> None:
    text = (CONCEPTS / "fills.md").read_text(encoding="utf-8")
    rules = [rule for rule in enumerators("model/enums.hpp", "FillRule") if rule != "none"]
    assert [rule for rule in rules if f"`{rule}`" not in text] == []


def test_every_type_and_time_in_force_is_explained() -> None:
    text = (CONCEPTS / "orders.md").read_text(encoding="utf-8")
    names = enumerators("model/enums.hpp", "OrderType") + enumerators("model/enums.hpp", "TimeInForce")
    assert [name for name in names if f"`{name}`" not in text] == []


def test_every_rounding_point_is_listed() -> None:
    text = (CONCEPTS / "ledger.md").read_text(encoding="utf-8")
    headers = "".join(path.read_text(encoding="utf-8") for path in (SRC / "model/money.hpp", SRC / "core/fixed.hpp"))
    points = re.findall(r'Rounding point "([^"]+)"', headers)
    assert len(points) >= 9
    assert [point for point in points if f"| {point} |" not in text] == []


def test_every_risk_limit_is_listed() -> None:
    text = (CONCEPTS / "risk.md").read_text(encoding="utf-8")
    struct = (SRC / "risk/limits.hpp").read_text(encoding="utf-8").split("struct RiskLimits", 1)[1]
    limits = re.findall(r"^    (?:Quantity|Money|Rate|DurationNs|bool|int) (\w+)", struct, re.M)
    assert len(limits) >= 11
    assert [limit for limit in limits if f"`{limit}`" not in text] == []


def rewrite() -> None:
    for mark, (page, table) in TABLES.items():
        path = CONCEPTS / page
        text = path.read_text(encoding="utf-8")
        head, tail = text.split(f"<!-- {mark} -->\n\n", 1)
        rest = tail.split("\n\n", 1)[1] if tail.startswith("|") else tail
        text = f"{head}<!-- {mark} -->\n\n{table()}\n\n{rest}"
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    rewrite()
