"""Every page in a real browser: nothing on the console, charts drawn, each control does what it says.

A script is added to a copy of the page; it uses the page as a reader does and writes what it saw to the console.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import walras as wl
from tests.python.runs import make_run, walks
from tests.python.test_report_series import intraday
from walras.comparison import compare
from walras.result import BacktestResult
from walras.viz import compare as compare_page
from walras.viz.report import render

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no browser: apt-get install chromium runs these tests")

DRIVER = """
addEventListener("load", () => setTimeout(async () => {
  const $ = (q) => document.querySelector(q), $$ = (q) => [...document.querySelectorAll(q)], seen = {};
  const drawn = () => $$(".uplot canvas").filter((c) => c.width > 0).length;
  const stroke = (key) => new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  const press = (node, key) => node.dispatchEvent(stroke(key));
  const moment = () => new Promise((done) => setTimeout(done, 30)); // uPlot gathers changes of a scale
  const legend = (id) => $(`#${id} .u-legend`)?.textContent ?? "";
  try {
    STEPS
    seen.width = document.documentElement.scrollWidth - innerWidth;
    seen.alert = $$("aside.warnings").some((a) => a.textContent.includes("could not be drawn"));
  } catch (error) { seen.error = String(error); }
  console.log("SEEN" + JSON.stringify(seen) + "END");
}, 300));
"""


def visit(page: str, folder: Path, steps: str, *, width: int = 1240) -> dict[str, Any]:
    """What the steps saw; fails on any message of the console that is not theirs."""
    assert BROWSER is not None
    path = folder / "page.html"
    path.write_text(page.replace("</body>", f"<script>{DRIVER.replace('STEPS', steps)}</script></body>"))
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--window-size={width},900"]
    options += ["--enable-logging=stderr", "--virtual-time-budget=8000", f"--user-data-dir={folder / 'profile'}"]
    done = subprocess.run(
        [BROWSER, *options, "--dump-dom", path.as_uri()], capture_output=True, text=True, timeout=90, check=False
    )
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    found = re.search(r"SEEN(\{.*?\})END", "\n".join(console), re.S)
    assert found, done.stderr[-2000:]
    assert [line for line in console if "SEEN" not in line] == []
    seen: dict[str, Any] = json.loads(found[1].replace('\\"', '"'))
    assert "error" not in seen, seen["error"]
    assert seen["alert"] is False
    return seen


def loser() -> BacktestResult:
    """Sells short what rises and buys it back higher, for ever."""

    class Loser(wl.Strategy):
        def on_start(self, ctx: Any) -> None:
            self.bars = 0

        def on_bar(self, ctx: Any, bar: Any) -> None:
            self.bars += 1
            if self.bars % 10 == 5:
                ctx.sell(bar.instrument, 50)
            if self.bars % 10 == 9:
                ctx.close(bar.instrument)

    days = pl.date_range(pl.date(2020, 1, 1), pl.date(2021, 12, 31), "1d", eager=True)
    rising = pl.DataFrame({"date": days, "UP": [round(100 * 1.001**i, 2) for i in range(len(days))]})
    return wl.backtest.run(Loser(), wl.data.bars_from_frame(rising), cash=100_000)


def one_bar() -> BacktestResult:
    return wl.backtest.run("buy_and_hold", wl.data.bars_from_frame(wl.data.load_demo_prices().head(1))["KO"])


def no_benchmark() -> BacktestResult:
    run = make_run()
    return make_run(equity=run.equity.with_columns(benchmark=pl.lit(float("nan"))))


CASES: dict[str, Callable[[], BacktestResult]] = {
    "portfolio": lambda: make_run(walks(tuple(f"S{i:02}" for i in range(20)), 1500, seed=3)),
    "no trades": lambda: make_run(days=60),
    "one bar": one_bar,
    "no benchmark": no_benchmark,
    "intraday": lambda: intraday(days=90),
    "all losing, short only": loser,
}


@pytest.mark.parametrize("case", CASES)
def test_a_report_draws_without_a_word_on_the_console(case: str, tmp_path: Path) -> None:
    run = CASES[case]()
    steps = 'seen.charts = drawn(); seen.rows = $$("#trades tbody tr").length;'
    seen = visit(render(run), tmp_path, steps)
    assert seen["charts"] >= 5
    assert seen["rows"] == min(12, len(run.trades))
    assert seen["width"] <= 0


def test_the_losing_run_really_loses_and_is_short() -> None:
    run = loser()
    assert set(run.trades["side"]) == {"short"}
    assert (run.trades["net_pnl"] < 0).all()


def test_every_control_of_a_report_does_what_it_says(tmp_path: Path) -> None:
    run = make_run(walks(("KO", "PEP"), 1500, seed=7))
    steps = """
    const before = legend("equity");
    press($("#equity"), "ArrowLeft"); seen.keyboard = legend("equity") !== before;
    press($("#equity"), "+"); press($("#equity"), "0");
    $(".tile:last-child .term").focus(); const tip = $("#tip").getBoundingClientRect();
    seen.tip = $("#tip").textContent; seen.inside = tip.width > 0 && tip.left >= 0 && tip.right <= innerWidth;
    press(document.body, "Escape"); seen.closed = $("#tip").hidden;
    $("#theme").click(); seen.dark = document.documentElement.classList.contains("dark"); $("#theme").click();
    $("#log").click(); seen.log = $("#log").checked;
    const windows = $$("#window button"); windows[0].click(); await moment();
    seen.window = $("[data-window]").textContent; seen.pressed = windows[0].getAttribute("aria-pressed");
    $$(".ranges button")[0].click(); await moment(); seen.range = $$(".ranges button")[0].getAttribute("aria-pressed");
    $$("#drawdowns tbody tr")[0].focus(); press($$("#drawdowns tbody tr")[0], "Enter");
    $("#instrument").value = "PEP"; $("#instrument").dispatchEvent(new Event("change"));
    seen.price = legend("price").includes("PEP");
    const search = (text) => { $("#search").value = text; $("#search").dispatchEvent(new Event("input")); };
    search("short ko"); seen.found = $("#count").textContent;
    search("nothing like this"); seen.none = $("#count").textContent; search("");
    $("#only").click(); seen.only = $("#count").textContent; $("#only").click();
    const net = $$("#trades th").find((th) => th.textContent === "Net profit"); net.firstChild.click();
    seen.sorted = net.getAttribute("aria-sort");
    seen.best = $$("#trades tbody tr")[0].children[$$("#trades th").indexOf(net)].textContent;
    $("[data-page='1']").click(); seen.page = $("#count").textContent;
    press($$("#trades tbody tr")[0], "Enter");
    dispatchEvent(new Event("beforeprint")); dispatchEvent(new Event("afterprint"));
    seen.charts = drawn();
    """
    seen = visit(render(run), tmp_path, steps)
    assert seen["keyboard"]
    assert seen["tip"] == f"{run.stats.info('win_rate').formula} · fraction"
    assert seen["inside"]
    assert seen["closed"]
    assert seen["dark"]
    assert seen["log"]
    assert (seen["pressed"], seen["range"], seen["sorted"]) == ("true", "true", "descending")
    assert seen["window"] in ("3 months (63 days)", "6 months (126 days)", "1 year (252 days)")
    assert seen["price"]
    trades = run.trades
    ko_short = trades.filter((pl.col("instrument") == "KO") & (pl.col("side") == "short"))
    assert f"of {len(ko_short)} found, {len(trades)} in all" in seen["found"]
    assert seen["none"] == f"None of {len(trades)} trades matches."
    assert f"of {len(trades.filter(pl.col('instrument') == 'PEP'))} found" in seen["only"]
    assert seen["best"] == f"{max(trades['net_pnl']):,.2f}"
    assert seen["page"].startswith("13–")
    assert seen["charts"] == 12


@pytest.mark.parametrize("width", [390, 768])
def test_a_report_fits_a_phone(width: int, tmp_path: Path) -> None:
    assert visit(render(make_run()), tmp_path, "seen.charts = drawn();", width=width)["width"] <= 0


def test_a_page_of_several_runs_draws_each(tmp_path: Path) -> None:
    steps = """
    seen.lines = $$("#equity .u-legend .u-series").length - 1; seen.charts = drawn();
    $("#log").click(); $$("#window button")[0].click(); $$(".ranges button")[0].click();
    press($("#drawdown"), "ArrowLeft");
    """
    page = compare_page.render(
        compare([make_run(), make_run(fast=10), make_run(days=900), no_benchmark()], labels=list("abcd"))
    )
    seen = visit(page, tmp_path, steps)
    assert (seen["lines"], seen["charts"], seen["width"]) == (4, 3, min(seen["width"], 0))


def test_hostile_names_stay_text_in_the_browser(tmp_path: Path) -> None:
    evil = "<img src=x onerror=\"console.error('broken in')\"></script><script>console.error('broken in')</script>"
    full = make_run(walks((evil, "KO"), 400, seed=2))
    run = make_run(
        prices=dict(full.prices),
        warnings=(evil,),
        command=evil,
        settings={evil: evil, "cash": 1e5},
        strategies=({"name": evil, "title": evil, "parameters": {evil: evil}},),
    )
    search = (
        "$('#search').value = 'img'; $('#search').dispatchEvent(new Event('input')); seen.images = $$('img').length;"
    )
    assert visit(render(run, title=evil), tmp_path, search)["images"] == 0
    page = compare_page.render(compare([run, make_run()], labels=[evil, "b"]), title=evil)
    assert visit(page, tmp_path, "seen.images = $$('img').length;")["images"] == 0
