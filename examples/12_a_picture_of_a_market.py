"""Half an hour of a market of 12,500 agents: tables, and the page that docs/images/market.png shows."""

import sys
from pathlib import Path

import walras as wl

out = Path(sys.argv[1] if len(sys.argv) > 1 else "out/market")
market = wl.sim.Market.preset("default", seed=11, threads=2)
market.step(400)  # the makers begin with more shares than they want, and prices fall until they are rid of them
history = wl.sim.History(market)
market.step(1_800)
print(
    market.groups.filter(market.groups["agents"] > 0).select(
        "group", "tier", "agents", "mean_pnl", "worst_pnl", "best_pnl"
    )
)
print(*history.write(out), sep="\n")
# The picture: chromium --headless --window-size=1100,840 --screenshot=docs/images/market.png out/market/market.html
history.plot("CCC").write_html(out / "market.html", config={"displayModeBar": False})
