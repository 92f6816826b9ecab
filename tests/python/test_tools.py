"""The checks check: each goes red on the offence that it is there for."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("check_layers", ROOT / "tools" / "check_layers.py")
assert spec is not None
assert spec.loader is not None
check_layers = importlib.util.module_from_spec(spec)
sys.modules["check_layers"] = check_layers
spec.loader.exec_module(check_layers)

TABLE = """
| rank | module | one job | may include |
|---|---|---|---|
| 0 | `core` | numbers | std, fmt |
| 1 | `model` | orders, `Approved<T>` | core |
| 2 | `book` | books | model |
| 2 | `pricing` | prices | core |
| 3 | `venues/<name>` | one venue each | book |
| 4 | `engine` | the loop | book, pricing |
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "architecture.md").write_text(TABLE)
    (tmp_path / "src" / "walras").mkdir(parents=True)
    return tmp_path


def put(project, name, text):
    path = project / "src" / "walras" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def offences(project, name, text):
    put(project, name, text)
    return check_layers.check(project)


def test_an_include_that_the_row_names_is_fine(project):
    assert offences(project, "engine/a.hpp", '#include "walras/book/b.hpp"\n') == []


def test_an_include_of_what_lies_below_a_named_module_is_fine(project):
    assert offences(project, "engine/a.hpp", '#include "walras/core/b.hpp"\n#include <vector>\n') == []


def test_an_include_upwards_is_named_with_file_line_and_what_is_allowed(project):
    (found,) = offences(project, "model/a.hpp", '#pragma once\n#include "walras/book/b.hpp"\n')
    assert found == "src/walras/model/a.hpp:2: `model` includes `book`; its row reaches only: core"


def test_an_include_sideways_is_an_offence(project):
    (found,) = offences(project, "book/a.cpp", '#include "walras/pricing/b.hpp"\n')
    assert "`book` includes `pricing`" in found


def test_a_test_file_obeys_the_table_too(project):
    assert len(offences(project, "core/a_test.cpp", '#include "walras/model/b.hpp"\n')) == 1


def test_angle_brackets_and_spaces_hide_nothing(project):
    assert len(offences(project, "core/a.cpp", "  #  include <walras/model/b.hpp>\n")) == 1


def test_an_include_without_its_module_is_an_offence(project):
    (found,) = offences(project, "core/a.cpp", '#include "b.hpp"\n')
    assert 'write "walras/core/b.hpp"' in found


def test_a_module_without_a_row_is_an_offence(project):
    (found,) = offences(project, "surprise/a.cpp", "\n")
    assert "module `surprise` has no row" in found


def test_venues_share_one_row(project):
    assert offences(project, "venues/kraken/a.cpp", '#include "walras/book/b.hpp"\n') == []
    assert len(offences(project, "venues/kraken/a.cpp", '#include "walras/pricing/b.hpp"\n')) == 1


def test_a_link_that_the_table_does_not_know_is_an_offence(project):
    (project / "CMakeLists.txt").write_text(
        "walras_module(core LINK fmt::fmt)\nwalras_module(book USES model pricing)\n"
    )
    (found,) = check_layers.check(project)
    assert found == "CMakeLists.txt: walras_module(book) USES pricing, which its row does not reach"


def test_modules_in_a_circle_are_refused(project):
    (project / "docs" / "architecture.md").write_text("| 0 | `a` | x | b |\n| 1 | `b` | y | a |\n")
    with pytest.raises(SystemExit, match="a -> b -> a"):
        check_layers.check(project)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("auto t = std::chrono::system_clock::now();", "wall-clock"),
        ("auto t = time(nullptr);", "wall-clock"),
        ("int r = std::rand();", "randomness"),
        ("std::mt19937_64 g{1};", "randomness"),
        ("std::normal_distribution<> d;", "randomness"),
        ("double y = std::exp(x);", "libm"),
        ("double y = std::stod(text);", "locale"),
        ("std::cout << 1;", "printing"),
        ("std::unordered_map<int, int> m; for (auto& [k, v] : m) {}", "hash-order"),
        ("std::unordered_set<int> m; auto it = m.begin();", "hash-order"),
    ],
)
def test_what_no_machine_repeats_is_an_offence(project, line, rule):
    (found,) = offences(project, "core/a.cpp", f"{line}\n")
    assert f"breaks the rule {rule};" in found


def test_a_hash_map_declared_in_the_header_is_known_in_the_source(project):
    put(project, "core/a.hpp", "struct A { std::unordered_map<int, std::pair<int, int>> orders_; };\n")
    (found,) = offences(project, "core/a.cpp", "void f() { for (auto& o : orders_) {} }\n")
    assert "hash-order" in found


@pytest.mark.parametrize(
    "line",
    [
        "// the system_clock is not read here",
        'auto s = "std::rand() in a text";',
        "auto m = std::unordered_map<int, int>{}; auto i = m.find(1);",
        "double y = core::math::exp(x); double lifetime(0);",
        "/* std::cout\n std::rand() */",
        "auto t = std::chrono::system_clock::now();  // allow wall-clock: the live clock is the one reader",
    ],
)
def test_what_only_looks_like_an_offence_is_fine(project, line):
    assert offences(project, "core/a.cpp", f"{line}\n") == []


def test_an_excuse_without_a_reason_or_for_another_rule_does_not_count(project):
    assert len(offences(project, "core/a.cpp", "int r = std::rand();  // allow randomness:\n")) == 1
    assert len(offences(project, "core/a.cpp", "int r = std::rand();  // allow wall-clock: no\n")) == 1


def test_tests_may_read_the_clock(project):
    assert offences(project, "core/a_bench.cpp", "auto t = std::chrono::steady_clock::now();\n") == []


def test_the_command_fails_on_an_offence_and_says_so(project):
    put(project, "core/a.cpp", '#include "walras/model/b.hpp"\n')
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "check_layers.py", project], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "`core` includes `model`" in done.stdout


def test_this_project_follows_its_own_table():
    assert check_layers.check(ROOT) == []


def test_make_help_lists_every_public_target():
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in "demo test build check prove bench peers coverage lint format docs clean help".split():
        assert f"make {target} " in done.stdout
