#include "walras/data/bar_builder.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "walras/core/error.hpp"

namespace walras::data {

namespace {

constexpr std::array<std::string_view, bar_kind_count> kind_names{
    "time",     "tick",       "volume",    "dollar", "tick_imbalance", "volume_imbalance", "dollar_imbalance",
    "tick_run", "volume_run", "dollar_run"};
// Flat bars in a row: more are a wrong stamp, not a quiet market.
constexpr std::int64_t most_empty = 10'000'000;

bool by_flow(BarKind kind) { return kind >= BarKind::tick_imbalance; }

}  // namespace

std::string_view to_string(BarKind kind) { return kind_names[static_cast<std::size_t>(kind)]; }

std::optional<BarKind> parse_bar_kind(std::string_view name) {
    for (std::size_t i = 0; i < kind_names.size(); ++i) {
        if (kind_names[i] == name) { return static_cast<BarKind>(i); }
    }
    return std::nullopt;
}

void BarRule::validate() const {
    if (kind == BarKind::time && step.ns <= 0) {
        throw ConfigError(fmt::format("The step of time bars is {} ns; give a positive one.", step.ns));
    }
    if ((kind == BarKind::tick || kind == BarKind::volume || kind == BarKind::dollar) && threshold <= 0) {
        throw ConfigError(fmt::format("The threshold of {} bars is {}; give a positive one.", to_string(kind),
                                      core::fixed_to_double(threshold)));
    }
    if (by_flow(kind)) {
        if (!(expected_ticks >= 1 && expected_ticks <= 1e15)) {
            throw ConfigError(
                fmt::format("expected_ticks is {}; give the trades of a usual bar, 1 at least.", expected_ticks));
        }
        if (!(span >= 1)) { throw ConfigError(fmt::format("span is {} bars; give 1 at least.", span)); }
        if (min_ticks < 1 || max_ticks < min_ticks) {
            throw ConfigError(fmt::format("Bars of {} to {} trades cannot be; give 1 <= min_ticks <= max_ticks.",
                                          min_ticks, max_ticks));
        }
    }
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        if (sessions[i].close <= sessions[i].open || (i > 0 && sessions[i].open < sessions[i - 1].close)) {
            throw ConfigError(
                fmt::format("Session {} ({} to {}) is empty or begins before the one before it ended; "
                            "give sessions in order of time.",
                            i, format_time(sessions[i].open), format_time(sessions[i].close)));
        }
    }
}

BarBuilder::BarBuilder(BarRule rule) : rule_(std::move(rule)) {
    rule_.validate();
    expected_ticks_ =
        std::clamp(rule_.expected_ticks, static_cast<double>(rule_.min_ticks), static_cast<double>(rule_.max_ticks));
}

void BarBuilder::refuse(const BarTrade& trade) const {
    if (trade.lots < 0) {
        throw DataError(fmt::format("The trade at {} has the size {} lots; sizes are 0 or more.", format_time(trade.ts),
                                    trade.lots));
    }
    throw DataError(fmt::format("The trade at {} comes after one at {}; give trades in order of time.",
                                format_time(trade.ts), format_time(TimeNs{last_ts_})));
}

// True inside a session; moves to the one that holds `t` or is next.
bool BarBuilder::open_session(std::int64_t t) {
    while (session_ < rule_.sessions.size() && t >= rule_.sessions[session_].close.ns) { ++session_; }
    if (session_ < rule_.sessions.size() && t >= rule_.sessions[session_].open.ns) { return true; }
    ++skipped_;
    return false;
}

BarBuilder::Interval BarBuilder::interval_at(std::int64_t t) const {
    const bool has_sessions = !rule_.sessions.empty();
    const std::int64_t origin = has_sessions ? rule_.sessions[session_].open.ns : rule_.origin.ns;
    const auto steps =
        static_cast<std::int64_t>(core::divide_floor(static_cast<core::int128>(t) - origin, rule_.step.ns));
    const auto start = static_cast<std::int64_t>(origin + static_cast<core::int128>(steps) * rule_.step.ns);
    const std::int64_t end = core::checked_add(start, rule_.step.ns);
    return {start, has_sessions ? std::min(end, rule_.sessions[session_].close.ns) : end};
}

std::optional<BarBuilder::Interval> BarBuilder::interval_after(const Interval& interval) {
    if (rule_.sessions.empty()) { return Interval{interval.end, core::checked_add(interval.end, rule_.step.ns)}; }
    std::size_t session = session_;
    while (session < rule_.sessions.size() && rule_.sessions[session].close.ns <= interval.end) { ++session; }
    if (session == rule_.sessions.size()) { return std::nullopt; }
    session_ = session;
    return interval_at(std::max(interval.end, rule_.sessions[session].open.ns));
}

void BarBuilder::flat(std::vector<TradeBar>& out) {
    TradeBar bar;
    bar.open_time = TimeNs{interval_.start};
    bar.close_time = TimeNs{interval_.end};
    bar.open = bar.high = bar.low = bar.close = last_close_price_;
    last_close_ = interval_.end;
    out.push_back(bar);
}

// Closes the interval that builds if it ends at `until` or before, and with `carries_empty` every one after it.
void BarBuilder::fill_until(std::int64_t until, std::vector<TradeBar>& out) {
    if (!has_interval_ || interval_.end > until) { return; }
    if (is_open_ && bar_.trades > 0) {
        close_bar(out);
    } else if (is_open_ && rule_.carries_empty && has_price_) {
        flat(out);
    }
    is_open_ = false;
    if (!rule_.carries_empty || !has_price_) { return; }
    std::int64_t empty = 0;
    while (const auto next = interval_after(interval_)) {
        if (next->start > until) { return; }
        interval_ = *next;
        if (interval_.end > until) {
            is_open_ = true;
            return;
        }
        if (++empty > most_empty) {
            throw DataError(
                fmt::format("More than {} intervals without a trade before {}; check that stamp, or leave "
                            "empty intervals out.",
                            most_empty, format_time(TimeNs{until})));
        }
        flat(out);
    }
}

// A trade at or after the end of the interval: closes what is over and opens the one of `t`. False outside sessions.
bool BarBuilder::enter(std::int64_t t, std::vector<TradeBar>& out) {
    fill_until(t, out);
    if (!rule_.sessions.empty() && !open_session(t)) { return false; }
    interval_ = interval_at(t);
    has_interval_ = is_open_ = true;
    return true;
}

void BarBuilder::advance_to(TimeNs now, std::vector<TradeBar>& out) {
    if (rule_.kind != BarKind::time) { return; }
    fill_until(now.ns - static_cast<std::int64_t>(rule_.includes_close), out);
    last_ts_ = std::max(last_ts_, now.ns);
}

// A bar in which no trade set a price stands at the last close.
void BarBuilder::stamp(TradeBar& bar) const {
    if (!bar_has_price_) { bar.open = bar.high = bar.low = bar.close = last_close_price_; }
    if (rule_.kind == BarKind::time) {
        bar.open_time = TimeNs{interval_.start};
        bar.close_time = TimeNs{interval_.end};
        return;
    }
    bar.open_time = std::max(bar.open_time, TimeNs{last_close_});
    if (last_close_ != INT64_MIN) { bar.close_time = std::max(bar.close_time, TimeNs{last_close_ + 1}); }
}

void BarBuilder::close_bar(std::vector<TradeBar>& out) {
    stamp(bar_);
    last_close_ = bar_.close_time.ns;
    last_close_price_ = bar_.close;
    out.push_back(bar_);
    if (by_flow(rule_.kind)) { learn(); }
    bar_ = {};
    bar_has_price_ = false;
    flow_ = {};
}

std::optional<TradeBar> BarBuilder::unfinished() const {
    if (bar_.trades == 0) { return std::nullopt; }
    TradeBar bar = bar_;
    stamp(bar);
    return bar;
}

// AFML 2.3.2: E0[T] and the expected flow per trade, as means over the bars before that forget at alpha per bar.
void BarBuilder::learn() {
    const double alpha = 2.0 / (rule_.span + 1.0);
    const auto toward = [alpha](double& mean, double value, bool has_mean) {
        mean = has_mean ? mean + alpha * (value - mean) : value;
    };
    const auto ticks = static_cast<double>(bar_.trades);
    const std::int64_t sell_ticks = bar_.trades - flow_.buy_ticks;
    toward(expected_ticks_, ticks, is_warm_);
    expected_ticks_ =
        std::clamp(expected_ticks_, static_cast<double>(rule_.min_ticks), static_cast<double>(rule_.max_ticks));
    toward(expected_.imbalance, (flow_.buy - flow_.sell) / ticks, is_warm_);
    toward(expected_.buy_share, static_cast<double>(flow_.buy_ticks) / ticks, is_warm_);
    if (flow_.buy_ticks > 0) {
        toward(expected_.buy_size, flow_.buy / static_cast<double>(flow_.buy_ticks), expected_.has_buy);
        expected_.has_buy = true;
    }
    if (sell_ticks > 0) {
        toward(expected_.sell_size, flow_.sell / static_cast<double>(sell_ticks), expected_.has_sell);
        expected_.has_sell = true;
    }
    is_warm_ = true;
    const double per_tick =
        rule_.kind >= BarKind::tick_run
            ? std::max(expected_.buy_share * expected_.buy_size, (1.0 - expected_.buy_share) * expected_.sell_size)
            : std::abs(expected_.imbalance);
    flow_threshold_ = expected_ticks_ * per_tick;
}

}  // namespace walras::data
