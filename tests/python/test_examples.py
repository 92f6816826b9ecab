"""Examples run in an empty folder and show something: scripts, notebooks, and the C++ programs (tools/try_cmake)."""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(EXAMPLES.glob("[0-9][0-9]_*.py"))
NOTEBOOKS = sorted(EXAMPLES.glob("*.ipynb"))
PLOT = "application/vnd.plotly.v1+json"


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


@pytest.mark.filterwarnings("ignore")  # of the machinery around the kernel; the kernel's own are looked at
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_draws(path: Path, tmp_path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    NotebookClient(book, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    assert [o["text"] for o in outputs if o.get("name") == "stderr"] == []
    assert sum(PLOT in output.get("data", {}) for output in outputs) >= 3
    if path.stem != "indicators":
        assert len(list(tmp_path.glob("*.html"))) > 0


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_outputs_and_says_first_what_it_is(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert [c["id"] for c in cells if c.get("outputs") or c.get("execution_count")] == []
    assert cells[0]["cell_type"] == "markdown"
    assert cells[0]["source"][0].startswith("# ")


def test_every_notebook_is_listed_in_the_documents() -> None:
    root = EXAMPLES.parent
    for page in (root / "README.md", root / "docs" / "index.md"):
        text = page.read_text(encoding="utf-8")
        assert [path.name for path in NOTEBOOKS if path.name not in text] == [], page.name


def test_every_cpp_example_is_part_of_the_project() -> None:
    folders = sorted(path.parent.name for path in EXAMPLES.glob("cpp/*/main.cpp"))
    listed = re.search(r"foreach\(example ([\w ]+)\)", (EXAMPLES / "cpp/CMakeLists.txt").read_text(encoding="utf-8"))
    assert listed is not None
    assert folders == sorted(listed[1].split())
