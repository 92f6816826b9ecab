#!/usr/bin/env python3
"""Runs the benchmarks and prints machine, command, medians, spread and ratios: `make bench`, `walras bench`, or

    .venv/bin/python benchmarks/run.py [NAME ...] [--peers] [--rounds N] [--json]
    .venv/bin/python benchmarks/run.py --markdown            # the stored results as the tables of PERFORMANCE.md
    .venv/bin/python benchmarks/run.py --peers --publish     # measures, then writes them into PERFORMANCE.md

Each result is stored in build/bench/results/NAME.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import indicators  # noqa: F401  (registers benchmarks, as suite does)
import sim_scaling  # noqa: F401
import suite  # noqa: F401
import ticks  # noqa: F401
from harness import BUSY, REGISTRY, RESULTS, ROOT, Settings, machine, measure

BEGIN, END = "<!-- figures: benchmarks/run.py --publish -->\n", "<!-- end of figures -->\n"


def number(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def compared(row: dict[str, Any]) -> str:
    """How walras stands to this row."""
    return f"walras is {number(row['ratio'])} x as fast" if "ratio" in row else ""


def target(row: dict[str, Any]) -> str:
    if "target" not in row:
        return ""
    sign = ">=" if row["more_is_better"] else "<"
    return f"{sign} {number(row['target'])}: {'met' if row['meets_target'] else 'MISSED'}"


def show_machine(facts: dict[str, Any]) -> None:
    print(f"machine   {facts['cpu']}, {facts['cores']} cores, governor {facts['governor']}, {facts['memory_gb']} GB")
    print(f"software  {facts['python']}; {facts['compiler']} {facts['flags']}; commit {facts['commit']}")
    print(f"command   {facts['command']} ({facts['date']})\n")


def show(document: dict[str, Any]) -> None:
    print(f"{document['name']}: {document['work']}")
    print(f"  input   {document['input']}\n  timing  {document['timing']}")
    for key in ("skipped", "wrong"):
        if key in document:
            print(f"  {key.upper()}: {document[key]}")
    width = max((len(row["who"]) for row in document["figures"]), default=0)
    for row in document["figures"]:
        spread = f"({number(row['minimum'])} .. {number(row['maximum'])})"
        facts = "; ".join(text for text in (target(row), compared(row), row.get("note", "")) if text)
        print(f"  {row['who']:{width}}  {number(row['median']):>8} {row['unit']:11} {spread:22} {facts}".rstrip())
    if not document["quiet"]:
        print(f"  NOISY: others used {document['others_busy']:.0%} of the processors; do not publish these figures")
    print(flush=True)


def tables(documents: list[dict[str, Any]]) -> str:
    """The stored results for PERFORMANCE.md."""
    facts = max((d["machine"] for d in documents), key=lambda m: m["date"])
    out = [
        f"Machine: {facts['cpu']}, {facts['cores']} cores, governor {facts['governor']}, {facts['memory_gb']} GB.  ",
        f"Software: {facts['python']}; {facts['compiler']} with `{facts['flags']}`.  ",
        f"Commit {facts['commit']}, {facts['date']}: `{facts['command']}`",
    ]
    for d in documents:
        m = d["machine"]
        out += ["", f"### {d['name']}", ""]
        out += [f"Work: {d['work']}.  ", f"Input: {d['input']}.  ", f"Timing: {d['timing']}.", ""]
        if (m["commit"], m["command"]) != (facts["commit"], facts["command"]):
            out += [f"Taken at commit {m['commit']}: `{m['command']}`", ""]
        if not d["quiet"]:
            out += [f"Taken while others used {d['others_busy']:.0%} of the processors.", ""]
        if "skipped" in d or "wrong" in d:
            out += [d.get("skipped", "") + d.get("wrong", "")]
            continue
        out += ["| | median | min .. max | target | walras is |", "|---|---:|---:|---|---|"]
        for row in d["figures"]:
            who = f"{row['who']} ({row['note']})" if "note" in row else row["who"]
            spread = f"{number(row['minimum'])} .. {number(row['maximum'])}"
            ratio = f"{number(row['ratio'])} x as fast" if "ratio" in row else ""
            out.append(f"| {who} | {number(row['median'])} {row['unit']} | {spread} | {target(row)} | {ratio} |")
    return "\n".join(out) + "\n"


def stored() -> list[dict[str, Any]]:
    documents = [json.loads(path.read_text()) for path in RESULTS.glob("*.json")]
    order = list(REGISTRY)
    return sorted((d for d in documents if d.get("name") in REGISTRY), key=lambda d: order.index(d["name"]))


def publish() -> None:
    page = ROOT / "PERFORMANCE.md"
    before, rest = page.read_text().split(BEGIN)
    _, after = rest.split(END)
    page.write_text(before + BEGIN + "\n" + tables(stored()) + "\n" + END + after)
    print(f"written: {page}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description="Runs the benchmarks.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which (default: all): {', '.join(REGISTRY)}")
    parser.add_argument("--peers", action="store_true", help="the same work done by other engines too (make peers)")
    parser.add_argument("--rounds", type=int, default=5, help="samples of each figure (default: 5)")
    parser.add_argument("--wait", type=float, default=0, metavar="MINUTES", help="wait that long for a quiet machine")
    parser.add_argument("--quick", action="store_true", help="tiny inputs: tests the benchmarks, measures nothing")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--markdown", action="store_true", help="print the stored results as tables; measures nothing")
    parser.add_argument("--publish", action="store_true", help="then write all results into PERFORMANCE.md")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in REGISTRY]:
        parser.error(f"unknown benchmark {', '.join(unknown)}; there are: {', '.join(REGISTRY)}")
    if options.markdown:
        print(tables(stored()), end="")
        return 0

    facts = machine(["benchmarks/run.py", *sys.argv[1:]])
    settings = Settings(options.peers, options.rounds, options.quick, options.wait)
    if not options.json:
        show_machine(facts)
    documents = []
    for name in options.names or REGISTRY:
        document = measure(REGISTRY[name], settings).document()
        documents.append(document)
        if not options.quick:
            RESULTS.mkdir(parents=True, exist_ok=True)
            (RESULTS / f"{name}.json").write_text(json.dumps({"machine": facts, **document}, indent=1))
        if not options.json:
            show(document)
    if options.json:
        print(json.dumps({"machine": facts, "benchmarks": documents}, indent=1))
    noisy = [d["name"] for d in documents if not d["quiet"]]
    if noisy and not options.quick:
        print(f"noisy (others used over {BUSY:.0%} of the processors): {', '.join(noisy)}", file=sys.stderr)
    if options.publish:
        publish()
    return 1 if any("wrong" in d for d in documents) else 0


if __name__ == "__main__":
    sys.exit(main())
