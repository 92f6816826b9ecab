"""Every numbered example runs in an empty folder and prints something, as do the C++ programs (tools/try_cmake)."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(EXAMPLES.glob("[0-9][0-9]_*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_an_example_runs(script: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_examples_are_numbered_without_a_gap() -> None:
    assert [int(script.name[:2]) for script in SCRIPTS] == list(range(1, len(SCRIPTS) + 1))


def test_each_example_says_first_what_it_shows() -> None:
    assert [s.name for s in SCRIPTS if not s.read_text(encoding="utf-8").startswith('"""')] == []


def test_every_cpp_example_is_part_of_the_project() -> None:
    folders = sorted(path.parent.name for path in EXAMPLES.glob("cpp/*/main.cpp"))
    listed = re.search(r"foreach\(example ([\w ]+)\)", (EXAMPLES / "cpp/CMakeLists.txt").read_text(encoding="utf-8"))
    assert listed is not None
    assert folders == sorted(listed[1].split())
