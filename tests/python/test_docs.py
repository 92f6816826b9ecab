"""What the documents show works: Python blocks run, `$ walras` lines exit with 0, links lead somewhere.

The blocks of a page run in order in one folder and one process, like a reader who follows it. A block of TOML is the
file that the next command names with --config. A block after the line `<!-- not run: REASON -->` is skipped.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENV = {**os.environ, "PYTHONPATH": str(ROOT / "python")}
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(
    r"(?P<skip><!-- not run: .+? -->\n+)?^```(?P<kind>python|console|toml)\n(?P<text>.*?)^```", re.M | re.S
)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def blocks(page: Path) -> list[tuple[str, str]]:
    return [(m["kind"], m["text"]) for m in BLOCK.finditer(page.read_text(encoding="utf-8")) if not m["skip"]]


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p)], ids=lambda p: str(p.relative_to(ROOT)))
def test_the_snippets_of_a_page_run(page: Path, tmp_path: Path) -> None:
    python = []
    toml = ""
    for kind, text in blocks(page):
        if kind == "python":
            python.append(text)
        elif kind == "toml":
            toml = text
        else:
            for line in text.splitlines():
                if line.startswith("$ walras "):
                    execute(shlex.split(line)[2:], toml, tmp_path)
    if python:
        script = tmp_path / "snippets.py"
        script.write_text("\n".join(python), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False, env=ENV
        )
        assert done.returncode == 0, done.stderr


def execute(words: list[str], toml: str, folder: Path) -> None:
    if "--config" in words:
        (folder / words[words.index("--config") + 1]).write_text(toml, encoding="utf-8")
    command = [sys.executable, "-m", "walras", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=ENV)
    assert done.returncode == 0, f"{shlex.join(words)}: {done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    missing = [link for link in LINK.findall(text) if not (page.parent / link).exists()]
    assert missing == []
