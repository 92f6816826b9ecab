#!/usr/bin/env python3
"""Fails when the C++ sources break the module table of docs/architecture.md, or a rule of determinism.

A module may include the modules that its row names and whatever lies below those. The document is the rule: to allow
an include, change the table. `tools/check_layers.py [ROOT]` prints one line per offence as `file:line: fact; remedy`.

A line that must break a determinism rule says so and why: `// allow wall-clock: the live clock is the one reader`.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

TABLE_ROW = re.compile(r"^\|\s*\d+\s*\|\s*`([^`]+)`\s*\|.*\|\s*([^|]*?)\s*\|\s*$")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
MODULE_CALL = re.compile(r"^\s*walras_module\((\S+)[^)]*?\bUSES\s+([^)]*?)(?:\s+LINK\b[^)]*)?\)", re.MULTILINE)
UNORDERED = re.compile(r"\bunordered_(?:flat_)?(?:map|set|multimap|multiset)\s*<[^;(){}]*>\s*&?\s*(\w+)\s*[;={,)]")
ALLOWED = re.compile(r"//.*\ballow ([a-z-]+): *\S")


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern that library code must not contain; tests, benchmarks and fuzzers may."""

    name: str
    pattern: re.Pattern[str]
    remedy: str


RULES = (
    Rule(
        "wall-clock",
        re.compile(
            r"\b(system_clock|steady_clock|high_resolution_clock|utc_clock)\b"
            r"|\b(gettimeofday|clock_gettime|localtime(_r)?|mktime)\s*\(|\b(std::)?time\s*\(\s*(nullptr|NULL|0)\s*\)"
        ),
        "take the time from a Clock",
    ),
    Rule(
        "randomness",
        re.compile(r"\b(std::)?s?rand\s*\(|\brandom_device\b|\bmt19937(_64)?\b|\bstd::\w+_distribution\b"),
        "draw from the counter-based generator in core",
    ),
    Rule(
        "libm",
        re.compile(
            r"\bstd::(exp|exp2|expm1|log|log2|log10|log1p|pow|sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|erf|erfc"
            r"|cbrt|hypot|tgamma|lgamma)\s*\("
        ),
        "libm picks other bits by CPU; use walras::core::math",
    ),
    Rule(
        "locale",
        re.compile(r"\b(setlocale|std::stod|std::stof|strtod|strtof|atof)\s*\("),
        "parse with std::from_chars, which no locale changes",
    ),
    Rule(
        "printing",
        re.compile(r"\bstd::(cout|cerr|clog)\b|\bfmt::print\s*\(|\b(std::)?printf\s*\("),
        "return text; only apps print",
    ),
)


def strip_code(text: str) -> list[str]:
    """Lines of C++ with comments and string contents blanked, so that a word in prose is no offence."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"', re.DOTALL)

    def blank(match: re.Match[str]) -> str:
        return '""' + "\n" * match.group().count("\n") if match.group()[0] in '"R' else "\n" * match.group().count("\n")

    return pattern.sub(blank, text).split("\n")


def read_table(document: Path) -> dict[str, set[str]]:
    """module -> everything that it may include, itself and what lies below included."""
    direct: dict[str, list[str]] = {}
    for line in document.read_text(encoding="utf-8").splitlines():
        if row := TABLE_ROW.match(line):
            direct[row[1].split("/")[0]] = [name.strip(" `") for name in row[2].split(",")]
    if not direct:
        raise SystemExit(f"{document}: no module table found; rows look like `| 0 | `core` | ... | std |`")
    reach: dict[str, set[str]] = {}

    def below(module: str, path: tuple[str, ...] = ()) -> set[str]:
        if module in path:
            raise SystemExit(f"{document}: modules in a circle: {' -> '.join((*path, module))}")
        if module not in reach:
            reach[module] = {module}.union(*(below(m, (*path, module)) for m in direct[module] if m in direct))
        return reach[module]

    for module in direct:
        below(module)
    return reach


def check_includes(path: Path, root: Path, table: dict[str, set[str]]) -> list[str]:
    module = path.relative_to(root / "src" / "walras").parts[0]
    where = path.relative_to(root)
    if module not in table:
        return [f"{where}:1: module `{module}` has no row in the module table; add one to docs/architecture.md"]
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not (include := INCLUDE.match(line)):
            continue
        quote, target = include.groups()
        parts = target.split("/")
        if parts[0] == "walras" and len(parts) > 2:
            if parts[1] not in table:
                found.append(f"{where}:{number}: includes unknown module `{parts[1]}`; see docs/architecture.md")
            elif parts[1] not in table[module]:
                allowed = ", ".join(sorted(table[module] - {module})) or "no other module"
                found.append(f"{where}:{number}: `{module}` includes `{parts[1]}`; its row reaches only: {allowed}")
        elif quote == '"':
            found.append(f'{where}:{number}: "{target}" hides its module; write "walras/{module}/{target}"')
    return found


def check_rules(path: Path, root: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    original, code = text.split("\n"), strip_code(text)
    header = path.with_suffix(".hpp")
    declared = "\n".join(code)
    if header != path and header.exists():
        declared += "\n".join(strip_code(header.read_text(encoding="utf-8")))
    hashed = sorted(set(UNORDERED.findall(declared)))
    rules = list(RULES)
    if hashed:
        names = "|".join(hashed)
        rules.append(
            Rule(
                "hash-order",
                re.compile(rf"\bfor\s*\([^;)]*:\s*(this->)?({names})\s*\)|\b({names})\.c?begin\s*\("),
                "iterate an ordered container: the order of a hash map is no one's promise",
            )
        )
    found = []
    for number, line in enumerate(code, 1):
        for rule in rules:
            excused = ALLOWED.search(original[number - 1]) or (number > 1 and ALLOWED.search(original[number - 2]))
            if (hit := rule.pattern.search(line)) and not (excused and excused[1] == rule.name):
                fact = hit.group().strip()
                found.append(f"{path.relative_to(root)}:{number}: `{fact}` breaks the rule {rule.name}; {rule.remedy}")
    return found


def check_links(root: Path, table: dict[str, set[str]]) -> list[str]:
    """What CMake links must be within the table too."""
    lists = root / "CMakeLists.txt"
    if not lists.exists():
        return []
    found = []
    for module, uses in MODULE_CALL.findall(lists.read_text(encoding="utf-8")):
        name = module.split("/")[0]
        found += [
            f"CMakeLists.txt: walras_module({module}) USES {used}, which its row does not reach"
            for used in uses.split()
            if name in table and used not in table[name]
        ]
    return found


def check(root: Path) -> list[str]:
    """Every offence below `root`, as printable lines."""
    table = read_table(root / "docs" / "architecture.md")
    found = check_links(root, table)
    for path in sorted((root / "src" / "walras").rglob("*.[ch]pp")):
        found += check_includes(path, root, table)
        if not path.stem.endswith(("_test", "_bench", "_fuzz")):
            found += check_rules(path, root)
    return found


def main() -> int:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    found = check(root)
    print("\n".join(found) if found else "layers: every include follows the module table")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
