"""Titles and groups of the statistics; keys, formulas and units come from the core."""

from __future__ import annotations

GROUPS: dict[str, dict[str, str]] = {
    "Equity": {
        "starting_equity": "Starting equity",
        "final_equity": "Final equity",
        "peak_equity": "Peak equity",
        "duration": "Duration",
        "rows": "Rows",
        "periods_per_year": "Periods per year",
        "exposure_time": "Exposure time",
    },
    "Return": {
        "total_return": "Total return",
        "buy_and_hold_return": "Buy and hold",
        "cagr": "CAGR",
        "annual_return": "Annual return",
        "best_day": "Best day",
        "worst_day": "Worst day",
        "alpha": "Alpha",
        "beta": "Beta",
        "alpha_total": "Alpha, total",
        "beta_log": "Beta, log returns",
    },
    "Risk": {
        "volatility": "Volatility",
        "volatility_geometric": "Volatility, geometric",
        "downside_risk": "Downside risk",
        "max_drawdown": "Max drawdown",
        "avg_drawdown": "Average drawdown",
        "max_drawdown_duration": "Longest drawdown",
        "avg_drawdown_duration": "Average drawdown time",
        "var_95": "VaR 95 %",
        "cvar_95": "CVaR 95 %",
        "skew": "Skew",
        "kurtosis": "Kurtosis",
    },
    "Ratios": {
        "sharpe": "Sharpe ratio",
        "sharpe_geometric": "Sharpe, geometric",
        "sortino": "Sortino ratio",
        "sortino_geometric": "Sortino, geometric",
        "calmar": "Calmar ratio",
        "calmar_geometric": "Calmar, geometric",
        "omega": "Omega",
        "tail_ratio": "Tail ratio",
        "stability": "Stability",
    },
    "Trades": {
        "orders": "Orders",
        "fills": "Fills",
        "trades": "Trades",
        "open_trades": "Open trades",
        "win_rate": "Win rate",
        "profit_factor": "Profit factor",
        "profit_factor_return": "Profit factor, returns",
        "expectancy": "Expectancy",
        "expectancy_return": "Expectancy, return",
        "avg_trade": "Average trade",
        "best_trade": "Best trade",
        "worst_trade": "Worst trade",
        "avg_win": "Average win",
        "avg_loss": "Average loss",
        "avg_trade_duration": "Average trade time",
        "max_trade_duration": "Longest trade",
        "sqn": "SQN",
        "kelly": "Kelly fraction",
    },
    "Costs": {
        "traded_value": "Traded value",
        "turnover": "Turnover",
        "fees_paid": "Fees",
        "slippage_paid": "Slippage",
    },
}

_PLACE = {key: (title, group) for group, titles in GROUPS.items() for key, title in titles.items()}


def place(key: str) -> tuple[str, str]:
    """(title, group) of a statistic."""
    return _PLACE.get(key, (key.replace("_", " ").capitalize(), "Other"))
