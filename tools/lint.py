#!/usr/bin/env python3
"""clang-tidy 19 over the C++ sources: those that changed, or `--all`.

`--limit N` checks at most N sources, the latest changed first, so that `make check` stays bounded. A changed header is
seen through the source beside it. A result is remembered by the hash of the preprocessed text, the flags and
.clang-tidy: a second run costs the preprocessor only.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = ("apps", "bindings", "src")
CACHE = ROOT / "build" / "lint"
# Flags of g++ that clang does not know, and those that only cost time here.
DROPPED = ("-fsanitize", "-fno-sanitize", "-g", "-O", "-fprofile", "--coverage", "-fno-fat", "-MD", "-MF", "-MT")


def load_commands() -> dict[Path, list[str]]:
    """source -> the flags that it is compiled with, from the trees that exist (release knows the bindings)."""
    commands: dict[Path, list[str]] = {}
    for preset in ("release", "dev"):
        database = ROOT / "build" / preset / "compile_commands.json"
        if not database.exists():
            subprocess.run(["cmake", "--preset", preset], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        for entry in json.loads(database.read_text()) if database.exists() else []:
            words = shlex.split(entry["command"])
            words = words[next(i for i, w in enumerate(words) if w.endswith(("g++", "c++", "clang++-19"))) + 1 :]
            source = Path(entry["file"]).resolve()
            skip = {"-o", "-c", str(source), entry["file"]}
            flags = [
                w for i, w in enumerate(words) if w not in skip and not w.startswith(DROPPED) and words[i - 1] != "-o"
            ]
            if source.is_relative_to(ROOT) and source.relative_to(ROOT).parts[0] in OURS:
                commands[source] = flags
    return commands


def choose(commands: dict[Path, list[str]], *, everything: bool) -> list[Path]:
    if everything:
        return sorted(commands)
    listed = subprocess.run(["tools/changed", "*.cpp", "*.hpp"], cwd=ROOT, check=True, capture_output=True, text=True)
    chosen: set[Path] = set()
    for name in listed.stdout.split():
        path = ROOT / name
        beside = (
            [path] if path.suffix == ".cpp" else [path.with_suffix(".cpp"), path.with_name(path.stem + "_test.cpp")]
        )
        chosen.update([p for p in beside if p in commands][:1])
    return sorted(chosen)


def last_change(path: Path) -> int:
    done = subprocess.run(
        ["git", "log", "-1", "--format=%ct", "--", str(path)], cwd=ROOT, capture_output=True, text=True
    )
    dirty = subprocess.run(["git", "status", "--porcelain", "--", str(path)], cwd=ROOT, capture_output=True, text=True)
    return int(time.time()) if dirty.stdout else int(done.stdout or time.time())


def check(source: Path, flags: list[str], rules: bytes) -> tuple[bool, str]:
    """(clean, what clang-tidy said)"""
    preprocessed = subprocess.run(["clang++-19", "-E", "-C", *flags, str(source)], cwd=ROOT, capture_output=True)
    text = preprocessed.stdout.replace(str(ROOT).encode(), b"")
    key = hashlib.sha256(b"\0".join([rules, text, " ".join(flags).replace(str(ROOT), "").encode()])).hexdigest()
    known = CACHE / key
    if preprocessed.returncode == 0 and known.exists():
        return True, ""
    done = subprocess.run(
        ["clang-tidy-19", "--quiet", str(source), "--", *flags], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        known.touch()
    errors = done.stderr if "error:" not in done.stdout else ""
    return done.returncode == 0, done.stdout + errors


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="every source, not only what changed")
    parser.add_argument("--limit", type=int, default=0, help="at most this many sources, 0 for no limit (default 0)")
    options = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    commands = load_commands()
    sources = choose(commands, everything=options.all)
    left_out = 0
    if options.limit and len(sources) > options.limit:
        left_out = len(sources) - options.limit
        sources = sorted(sources, key=last_change, reverse=True)[: options.limit]
    rules = (ROOT / ".clang-tidy").read_bytes()
    bad = 0
    seen: set[str] = set()  # a header's finding is told once
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for clean, said in pool.map(lambda s: check(s, commands[s], rules), sources):
            if not clean:
                bad += 1
                for finding in re.split(r"(?m)^(?=\S+:\d+:\d+: (?:error|warning))", said.replace(f"{ROOT}/", "")):
                    if finding.strip() and finding not in seen:
                        seen.add(finding)
                        print(finding.rstrip())
    rest = f"; {left_out} older changes left to make lint" if left_out else ""
    print(f"lint: {len(sources)} sources read, {bad} with findings{rest}", file=sys.stderr if bad else sys.stdout)
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
