#include "walras/portfolio/definitions.hpp"

namespace walras::portfolio::stats {
namespace {

constexpr std::string_view run = "Run";
constexpr std::string_view risk = "Return and risk";
constexpr std::string_view falls = "Drawdown";
constexpr std::string_view shape = "Distribution of returns";
constexpr std::string_view hold = "Against buy and hold";
constexpr std::string_view trade = "Trades";
constexpr std::string_view costs = "Costs";

constexpr std::array<Definition, key_count> table{{
    {Key::starting_equity, "starting_equity", "Starting equity", run, "currency", "equity before the first row"},
    {Key::final_equity, "final_equity", "Final equity", run, "currency", "equity at the last row"},
    {Key::peak_equity, "peak_equity", "Peak equity", run, "currency", "the highest equity, the start included"},
    {Key::duration, "duration", "Duration", run, "days", "last time - first time"},
    {Key::rows, "rows", "Rows of equity", run, "count", "rows of equity"},
    {Key::periods_per_year, "periods_per_year", "Periods per year", run, "per year",
     "from the calendar of the rows, unless given"},
    {Key::exposure_time, "exposure_time", "Exposure time", run, "fraction",
     "rows from each entry's to its exit's, both included / rows"},
    {Key::avg_exposure, "avg_exposure", "Average exposure", run, "fraction",
     "mean of gross / equity; gross is the sum of |position values|"},
    {Key::max_exposure, "max_exposure", "Highest exposure", run, "fraction", "max of gross / equity"},

    {Key::total_return, "total_return", "Total return", risk, "fraction", "final / start - 1"},
    {Key::buy_and_hold_return, "buy_and_hold_return", "Buy and hold return", risk, "fraction",
     "benchmark: last / first row that can trade - 1"},
    {Key::cagr, "cagr", "CAGR", risk, "fraction", "(final / start)^(periods_per_year / rows) - 1"},
    {Key::cagr_calendar, "cagr_calendar", "CAGR, calendar", risk, "fraction",
     "(final / start)^(365.25 / duration) - 1 (backtesting.py)"},
    {Key::annual_return, "annual_return", "Annual return", risk, "fraction",
     "(final / start)^(periods_per_year / returns) - 1 (backtesting.py)"},
    {Key::volatility, "volatility", "Volatility", risk, "fraction", "std(r, ddof 1) * sqrt(periods_per_year)"},
    {Key::volatility_geometric, "volatility_geometric", "Volatility, geometric", risk, "fraction",
     "sqrt((var(r) + g^2)^n - g^(2n)), g = (final / start)^(1 / returns), n = periods_per_year"},
    {Key::sharpe, "sharpe", "Sharpe ratio", risk, "ratio", "mean(r - rf) / std(r, ddof 1) * sqrt(periods_per_year)"},
    {Key::sharpe_geometric, "sharpe_geometric", "Sharpe ratio, geometric", risk, "ratio",
     "annual_return / volatility_geometric (backtesting.py)"},
    {Key::sharpe_smart, "sharpe_smart", "Sharpe ratio, smart", risk, "ratio",
     "sharpe / sqrt(1 + 2 sum((1 - k / n) |autocorrelation|^k, k = 1 .. n - 1)), n returns (QuantStats)"},
    {Key::sharpe_lo, "sharpe_lo", "Sharpe ratio, Lo", risk, "ratio",
     "mean(r - rf) / std(r) * q / sqrt(q + 2 sum((q - k) autocorrelation^k, k = 1 .. q - 1)), q = periods_per_year "
     "(Lo 2002, AR(1))"},
    {Key::sortino, "sortino", "Sortino ratio", risk, "ratio", "mean(r - rf) * periods_per_year / downside_risk"},
    {Key::sortino_geometric, "sortino_geometric", "Sortino ratio, geometric", risk, "ratio",
     "annual_return / downside_risk at rf 0 (backtesting.py)"},
    {Key::downside_risk, "downside_risk", "Downside risk", risk, "fraction",
     "sqrt(mean(min(r - rf, 0)^2) * periods_per_year), mean over all r"},
    {Key::calmar, "calmar", "Calmar ratio", risk, "ratio", "cagr / |max_drawdown|"},
    {Key::calmar_geometric, "calmar_geometric", "Calmar ratio, geometric", risk, "ratio",
     "annual_return / |max_drawdown| (backtesting.py)"},
    {Key::omega, "omega", "Omega ratio", risk, "ratio", "sum of gains / sum of losses of r - rf"},

    {Key::max_drawdown, "max_drawdown", "Max drawdown", falls, "fraction",
     "min(equity / peak so far - 1), the start is a peak"},
    {Key::avg_drawdown, "avg_drawdown", "Average drawdown", falls, "fraction",
     "mean of the lowest points of all drawdowns"},
    {Key::max_drawdown_duration, "max_drawdown_duration", "Max drawdown duration", falls, "days",
     "from a peak to its recovery, or to the end"},
    {Key::avg_drawdown_duration, "avg_drawdown_duration", "Average drawdown duration", falls, "days",
     "mean over all drawdowns"},
    {Key::drawdowns, "drawdowns", "Drawdowns", falls, "count", "stretches below a peak"},
    {Key::time_under_water, "time_under_water", "Time under water", falls, "fraction", "rows below their peak / rows"},
    {Key::ulcer_index, "ulcer_index", "Ulcer index", falls, "fraction", "sqrt(mean((equity / peak so far - 1)^2))"},
    {Key::recovery_factor, "recovery_factor", "Recovery factor", falls, "ratio", "total_return / |max_drawdown|"},

    {Key::var_95, "var_95", "VaR 95 %", shape, "fraction", "5 % quantile of r, linearly interpolated, sign kept"},
    {Key::cvar_95, "cvar_95", "CVaR 95 %", shape, "fraction", "mean of the floor(0.05 (n - 1)) + 1 smallest r"},
    {Key::var_95_parametric, "var_95_parametric", "VaR 95 %, parametric", shape, "fraction",
     "mean(r) + z std(r, ddof 1), z = -1.6449 the normal 5 % quantile"},
    {Key::cvar_95_parametric, "cvar_95_parametric", "CVaR 95 %, parametric", shape, "fraction",
     "mean(r) - std(r, ddof 1) phi(z) / 0.05, phi the normal density"},
    {Key::tail_ratio, "tail_ratio", "Tail ratio", shape, "ratio", "|95 % quantile| / |5 % quantile| of r"},
    {Key::stability, "stability", "Stability", shape, "ratio", "R^2 of log(equity) against the row"},
    {Key::skew, "skew", "Skew", shape, "ratio", "m3 / m2^1.5, central moments of r over n"},
    {Key::kurtosis, "kurtosis", "Kurtosis", shape, "ratio", "m4 / m2^2 (3 is normal)"},
    {Key::autocorrelation, "autocorrelation", "Autocorrelation", shape, "ratio",
     "correlation of each r with the one before it"},
    {Key::best_day, "best_day", "Best day", shape, "fraction", "highest return of a UTC day"},
    {Key::worst_day, "worst_day", "Worst day", shape, "fraction", "lowest return of a UTC day"},
    {Key::positive_days, "positive_days", "Positive days", shape, "fraction", "UTC days with a return > 0 / days"},
    {Key::best_month, "best_month", "Best month", shape, "fraction",
     "highest return of a calendar month in UTC; the first and the last may be partial"},
    {Key::worst_month, "worst_month", "Worst month", shape, "fraction", "lowest return of a calendar month"},
    {Key::positive_months, "positive_months", "Positive months", shape, "fraction",
     "months with a return > 0 / months"},
    {Key::best_year, "best_year", "Best year", shape, "fraction",
     "highest return of a calendar year in UTC; the first and the last may be partial"},
    {Key::worst_year, "worst_year", "Worst year", shape, "fraction", "lowest return of a calendar year"},

    {Key::alpha, "alpha", "Alpha", hold, "fraction", "(1 + mean((r - rf) - beta (b - rf)))^periods_per_year - 1"},
    {Key::beta, "beta", "Beta", hold, "ratio", "cov(r, b) / var(b), simple returns"},
    {Key::alpha_total, "alpha_total", "Alpha, total", hold, "fraction",
     "total_return - beta_log * buy_and_hold_return (backtesting.py)"},
    {Key::beta_log, "beta_log", "Beta, log returns", hold, "ratio", "cov / var of log returns (backtesting.py)"},
    {Key::correlation, "correlation", "Correlation", hold, "ratio", "cov(r, b) / sqrt(var(r) var(b))"},
    {Key::tracking_error, "tracking_error", "Tracking error", hold, "fraction",
     "std(r - b, ddof 1) * sqrt(periods_per_year)"},
    {Key::information_ratio, "information_ratio", "Information ratio", hold, "ratio",
     "mean(r - b) * periods_per_year / tracking_error"},
    {Key::total_capture, "total_capture", "Total capture", hold, "ratio",
     "annual return of r / annual return of b, over all periods; annual return: growth^(periods_per_year / periods) - "
     "1"},
    {Key::up_capture, "up_capture", "Up capture", hold, "ratio", "the same over the periods with b > 0"},
    {Key::down_capture, "down_capture", "Down capture", hold, "ratio", "the same over the periods with b < 0"},
    {Key::capture_ratio, "capture_ratio", "Capture ratio", hold, "ratio", "up_capture / down_capture"},

    {Key::orders, "orders", "Orders", trade, "count", "orders that were made, refused ones included"},
    {Key::fills, "fills", "Fills", trade, "count", "executions"},
    {Key::trades, "trades", "Trades", trade, "count", "closed round trips, first in, first out"},
    {Key::open_trades, "open_trades", "Open trades", trade, "count", "lots still held at the end"},
    {Key::trades_long, "trades_long", "Trades, long", trade, "count", "trades that bought first"},
    {Key::trades_short, "trades_short", "Trades, short", trade, "count", "trades that sold first"},
    {Key::win_rate, "win_rate", "Win rate", trade, "fraction", "trades with net > 0 / trades"},
    {Key::win_rate_long, "win_rate_long", "Win rate, long", trade, "fraction", "win_rate of long trades"},
    {Key::win_rate_short, "win_rate_short", "Win rate, short", trade, "fraction", "win_rate of short trades"},
    {Key::profit_factor, "profit_factor", "Profit factor", trade, "ratio",
     "sum of winning nets / |sum of losing nets|"},
    {Key::profit_factor_return, "profit_factor_return", "Profit factor of returns", trade, "ratio",
     "sum of gains / sum of losses of trade returns (backtesting.py)"},
    {Key::payoff_ratio, "payoff_ratio", "Payoff ratio", trade, "ratio", "avg_win / |avg_loss|"},
    {Key::expectancy, "expectancy", "Expectancy", trade, "currency", "mean net of a trade"},
    {Key::expectancy_return, "expectancy_return", "Expectancy, return", trade, "fraction",
     "mean return of a trade, net / entry notional"},
    {Key::expectancy_long, "expectancy_long", "Expectancy, long", trade, "currency", "mean net of a long trade"},
    {Key::expectancy_short, "expectancy_short", "Expectancy, short", trade, "currency", "mean net of a short trade"},
    {Key::avg_trade, "avg_trade", "Average trade", trade, "fraction", "geometric mean of trade returns"},
    {Key::best_trade, "best_trade", "Best trade", trade, "fraction", "highest trade return"},
    {Key::worst_trade, "worst_trade", "Worst trade", trade, "fraction", "lowest trade return"},
    {Key::avg_win, "avg_win", "Average win", trade, "currency", "mean net of winning trades"},
    {Key::avg_loss, "avg_loss", "Average loss", trade, "currency", "mean net of losing trades, negative"},
    {Key::max_win_streak, "max_win_streak", "Longest winning streak", trade, "count",
     "most trades in a row with net > 0, in the order of their exits"},
    {Key::max_loss_streak, "max_loss_streak", "Longest losing streak", trade, "count",
     "most trades in a row with net < 0, in the order of their exits"},
    {Key::avg_trade_duration, "avg_trade_duration", "Average trade duration", trade, "days", "mean of exit - entry"},
    {Key::max_trade_duration, "max_trade_duration", "Max trade duration", trade, "days", "longest exit - entry"},
    {Key::sqn, "sqn", "SQN", trade, "ratio", "sqrt(trades) * mean(net) / std(net, ddof 1)"},
    {Key::kelly, "kelly", "Kelly", trade, "fraction", "win_rate - (1 - win_rate) / (avg_win / |avg_loss|)"},

    {Key::traded_value, "traded_value", "Traded value", costs, "currency", "sum of |notional| over fills"},
    {Key::turnover, "turnover", "Turnover", costs, "per year", "traded_value / mean equity / years"},
    {Key::fees_paid, "fees_paid", "Fees paid", costs, "currency", "sum of fees"},
}};

constexpr bool in_order() {
    for (std::size_t i = 0; i < key_count; ++i) {
        if (table[i].id != static_cast<Key>(i)) { return false; }
    }
    return true;
}
static_assert(in_order(), "the table of definitions follows the order of Key");

}  // namespace

std::span<const Definition, key_count> definitions() { return table; }

}  // namespace walras::portfolio::stats
