"""`walras sim`: one document, tables, a page, and what it says of wrong options."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import walras as wl


def cli(*words: str) -> int:
    from walras.cli import run

    return run(["sim", *words])


def test_the_command_prints_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("--ticks", "20", "--seed", "3", "--threads", "1", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ticks"] == 20
    assert document["seed"] == 3
    assert {"signature", "ticks_per_second", "resident_mb"} <= set(document)
    market = wl.sim.Market.preset("default", seed=3)
    market.step(20)
    assert document["signature"] == market.signature


def test_the_command_writes_tables_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import polars as pl

    words = ["--preset", "light-rl", "--ticks", "40", "--clock", "events", "--every", "10"]
    assert cli(*words, "--out", str(tmp_path / "t"), "--plot", str(tmp_path / "p.html"), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert [Path(file).name for file in document["files"]] == [
        "symbols.parquet",
        "groups.parquet",
        "agents.parquet",
        "p.html",
    ]
    assert pl.read_parquet(document["files"][0])["tick"].to_list() == [0, 10, 20, 30, 40]
    assert "plotly" in (tmp_path / "p.html").read_text(encoding="utf-8")
    assert document["messages"]["wake"] > 0
    assert document["messages_per_second"] > 0


def test_the_command_changes_what_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "out.toml"
    words = ["--symbol", "ACME:tech:250", "--agents", "noise=9", "--set", "group.noise.parameters.size=20"]
    assert cli(*words, "--agents", "pairs=0", "--set", "news.drift=0.0", "--write-config", str(file)) == 0
    config = wl.sim.Market(file).config
    assert config["symbols"][0]["initial_price"] == 250
    assert config["news"]["drift"] == 0
    noise = next(g for g in config["groups"] if g["name"] == "noise")
    assert (noise["count"], noise["parameters"]) == (9, {"size": 20})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--preset", "defalt"], "default"),
        (["--set", "news.drifd=1"], "drift"),
        (["--set", "seed"], "KEY=VALUE"),
        (["--agents", "noise"], "GROUP=COUNT"),
        (["--agents", "noize=3"], "noise"),
        (["--agents", "=3"], "GROUP=COUNT"),
        (["--agents", "noise=1000000000000"], "4294967295"),
        (["--set", "=3"], "KEY=VALUE"),
        (["--set", "news..drift=3"], "KEY=VALUE"),
        (["--set", "groups=3", "--agents", "noise=3"], "list of tables"),
        (["--set", "news.drift=nan"], "number"),
        (["--set", "tick_length=1e30"], "seconds from 0"),
        (["--threads", "100000"], "threads"),
        (["--until", "yesterday"], "2026-01-01"),
        (["--until", "2020-01-01T00:00"], "later"),
        (["--symbol", "A:b:c:d"], "NAME"),
    ],
)
def test_a_wrong_option_says_what_would_be_right(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli(*words) == 2
    assert message in capsys.readouterr().err


def test_until_a_time_is_so_many_ticks(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli("--until", "2026-01-01T00:00:30", "--agents", "reactive=0", "--json") == 0
    assert json.loads(capsys.readouterr().out)["ticks"] == 30
