// Every statistic of a run: its key, title, unit and formula, once. The table of results, `--json`, the report, Python
// and docs/concepts/statistics.md all read this list.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace walras::portfolio::stats {

// In the order in which they are shown; the enumerator is the key.
enum class Key : std::uint8_t {
    starting_equity,
    final_equity,
    peak_equity,
    duration,
    rows,
    periods_per_year,
    exposure_time,
    avg_exposure,
    max_exposure,

    total_return,
    buy_and_hold_return,
    cagr,
    cagr_calendar,
    annual_return,
    volatility,
    volatility_geometric,
    sharpe,
    sharpe_geometric,
    sharpe_smart,
    sharpe_lo,
    sortino,
    sortino_geometric,
    downside_risk,
    calmar,
    calmar_geometric,
    omega,

    max_drawdown,
    avg_drawdown,
    max_drawdown_duration,
    avg_drawdown_duration,
    drawdowns,
    time_under_water,
    ulcer_index,
    recovery_factor,

    var_95,
    cvar_95,
    var_95_parametric,
    cvar_95_parametric,
    tail_ratio,
    stability,
    skew,
    kurtosis,
    autocorrelation,
    best_day,
    worst_day,
    positive_days,
    best_month,
    worst_month,
    positive_months,
    best_year,
    worst_year,

    alpha,
    beta,
    alpha_total,
    beta_log,
    correlation,
    tracking_error,
    information_ratio,
    total_capture,
    up_capture,
    down_capture,
    capture_ratio,

    orders,
    fills,
    trades,
    open_trades,
    trades_long,
    trades_short,
    win_rate,
    win_rate_long,
    win_rate_short,
    profit_factor,
    profit_factor_return,
    payoff_ratio,
    expectancy,
    expectancy_return,
    expectancy_long,
    expectancy_short,
    avg_trade,
    best_trade,
    worst_trade,
    avg_win,
    avg_loss,
    max_win_streak,
    max_loss_streak,
    avg_trade_duration,
    max_trade_duration,
    sqn,
    kelly,

    traded_value,
    turnover,
    fees_paid,
};
inline constexpr std::size_t key_count = static_cast<std::size_t>(Key::fees_paid) + 1;

struct Definition {
    Key id{};
    std::string_view key;
    std::string_view title;
    std::string_view group;
    std::string_view unit;  // fraction, ratio, currency, days, count, per year
    std::string_view formula;
};

// One for each Key, in its order.
std::span<const Definition, key_count> definitions();

inline const Definition& definition(Key key) { return definitions()[static_cast<std::size_t>(key)]; }

// A value for each Key.
struct Values {
    std::array<double, key_count> values;

    [[nodiscard]] double& operator[](Key key) { return values[static_cast<std::size_t>(key)]; }
    [[nodiscard]] double operator[](Key key) const { return values[static_cast<std::size_t>(key)]; }
};

}  // namespace walras::portfolio::stats
