// The rows of the vectorised kernel: which of them need a look, and the stages of those that do.
#include "walras/backtest/vector_kernel.hpp"

#include <algorithm>

#include "walras/backtest/replay_rules.hpp"
#include "walras/strategy/sizing.hpp"

namespace walras::backtest::vectorised {

using model::FillRule;
using model::OrderStatus;
using model::Reason;
using model::SizeKind;

Kernel::Kernel(std::span<const VectorAsset> assets, const PoolConfig& config)
    : config_(config),
      lines_(assets.size()),
      rows_(assets.front().bars.rows),
      fill_at_(config.fill_at),
      closes_only_(assets.front().bars.open.empty()),
      constant_slippage_(config.slippage->is_constant()) {
    if (constant_slippage_) { slippage_ = Rate::of(config.slippage->cost({*assets.front().instrument, {}, {}})); }
    if (closes_only_ && fill_at_ != FillAt::this_close) { fill_at_ = FillAt::next_close; }
    for (std::size_t i = 0; i < assets.size(); ++i) {
        Line& line = lines_[i];
        line.asset = &assets[i];
        line.lot_value = assets[i].instrument->lot_value();
        line.complete = assets[i].bars.complete;
        const SignalRules& rules = assets[i].rules;
        if (!assets[i].orders.empty()) { continue; }
        if (rules.amount.rows.empty()) { line.constant = entry_amount(assets[i], 0); }
        if (rules.stop_loss.rows.empty() && rules.trailing_stop.rows.empty() && rules.take_profit.rows.empty()) {
            line.constant_protection = protection_at(rules, 0);
        }
    }
}

bool Kernel::run(PoolRun& out) {
    out_ = &out;
    out.start = cash_ = config_.cash;
    if (lines_.size() == 1) {
        run_one();
    } else {
        run_many();
    }
    if (gives_up_) { return false; }
    finish();
    out.cash = cash_;
    return true;
}

// ---- one asset: from decision to decision --------------------------------------------------------------------------

void Kernel::run_one() {
    Line& line = lines_.front();
    constexpr std::uint32_t only = 0;
    std::size_t row = next_decision(line, 0);
    while (row < rows_ && !gives_up_) {
        step(row, {&only, 1});
        if (gives_up_) { return; }
        std::size_t next = next_decision(line, row + 1);
        if (line.is_pending()) {
            next = std::min(next, next_bar(line, row + 1));
        } else if (line.is_protected()) {
            next = next_touch(line, row + 1, next);
            // A target that would have taken rests once an opening has passed it.
            if (line.target.marketable && !closes_only_ && next > next_bar(line, row + 1)) {
                line.target.marketable = false;
            }
        }
        if (!line.held.is_zero() && calls_between(line, row + 1, std::min(next, rows_))) {
            gives_up_ = true;
            return;
        }
        row = next;
    }
}

// The first row from `from` on in which something is decided; rows_ if there is none.
std::size_t Kernel::next_decision(Line& line, std::size_t from) const {
    const VectorAsset& asset = *line.asset;
    if (!asset.orders.empty() && asset.targets.empty()) {
        const bool is_target = asset.size >= SizeKind::target_lots;
        for (std::size_t row = from; row < rows_; ++row) {
            const double number = asset.orders[row];
            if (number == number && (number != 0 || is_target) && line.has_bar(row)) { return row; }
        }
        return rows_;
    }
    const auto next = [&](const auto& decisions) {
        while (line.next_signal < decisions.size()) {
            const std::size_t row = decisions[line.next_signal].row;
            if (row >= from && line.has_bar(row)) { return row; }
            ++line.next_signal;
        }
        return rows_;
    };
    return asset.targets.empty() ? next(asset.signals) : next(asset.targets);
}

std::size_t Kernel::next_bar(const Line& line, std::size_t from) const {
    while (from < rows_ && !line.has_bar(from)) { ++from; }
    return from;
}

namespace {

// The extremes of a row as they came, NaN or not; what a comparison with a NaN says is no.
struct Extremes {
    explicit Extremes(const VectorBars& bars) : bars_(bars) {}
    [[nodiscard]] double high(std::size_t row) const {
        if (!bars_.high.empty()) { return bars_.high[row]; }
        return bars_.open.empty() ? bars_.close[row] : std::max(bars_.open[row], bars_.close[row]);
    }
    [[nodiscard]] double low(std::size_t row) const {
        if (!bars_.low.empty()) { return bars_.low[row]; }
        return bars_.open.empty() ? bars_.close[row] : std::min(bars_.open[row], bars_.close[row]);
    }

private:
    const VectorBars& bars_;
};

// A bound that no price beyond `level` is on the wrong side of, whatever the rounding to 1e-9 does.
double at_least(Price level) { return (static_cast<double>(level.raw) - 1) / 1e9 * (1 - 1e-15); }
double at_most(Price level) { return (static_cast<double>(level.raw) + 1) / 1e9 * (1 + 1e-15); }

}  // namespace

// The first row in [from, to) that may reach a leg; trailing triggers move with the rows that are passed.
std::size_t Kernel::next_touch(Line& line, std::size_t from, std::size_t to) const {
    const VectorBars& bars = line.bars();
    const Extremes extremes{bars};
    constexpr double never = std::numeric_limits<double>::infinity();
    const bool is_long = line.held.lots > 0;
    const bool trails = line.stop.order != 0 && line.stop.trail != 0;
    const Resting& lower = is_long ? line.stop : line.target;
    const Resting& upper = is_long ? line.target : line.stop;
    double below = lower.order != 0 ? at_most(lower.level) : -never;
    double above = upper.order != 0 ? at_least(upper.level) : never;
    const auto is_better = [&](double best) {
        const auto known = static_cast<double>(line.stop.best.raw);
        return is_long ? best * 1e9 > known : best * 1e9 < known;
    };
    for (std::size_t row = from; row < to;) {
        const std::size_t end = std::min(to, (row / VectorBars::block + 1) * VectorBars::block);
        if (!bars.block_low.empty()) {
            const double low = bars.block_low[row / VectorBars::block];
            const double high = bars.block_high[row / VectorBars::block];
            if (low > below && high < above && !(trails && is_better(is_long ? high : low))) {
                row = end;
                continue;
            }
        }
        for (; row < end; ++row) {
            const double high = extremes.high(row);
            const double low = extremes.low(row);
            if ((low <= below || high >= above) && line.has_bar(row)) { return row; }
            if (trails && is_better(is_long ? high : low) && line.has_bar(row)) {
                move_trailing(line, price_of(is_long ? high : low));
                (is_long ? below : above) = is_long ? at_most(line.stop.level) : at_least(line.stop.level);
            }
        }
    }
    return to;
}

// True if the account is called for margin at one of these closes, with the position that it has.
bool Kernel::calls_between(const Line& line, std::size_t from, std::size_t to) {
    if (config_.account == portfolio::AccountKind::cash || (line.held.lots > 0 && cash_.raw >= 0)) { return false; }
    // A long position is called where its price falls to a p with cash + q p = m q p, a short one where it rises to it.
    const double per_price = static_cast<double>(abs(line.held).lots) * static_cast<double>(line.lot_value);
    const double rate = config_.maintenance_margin.to_double();
    const bool is_long = line.held.lots > 0;
    const double room = is_long ? 1 - rate : 1 + rate;
    const double cash = static_cast<double>(cash_.raw) * (is_long ? -1 : 1);
    const double limit = room > 0 ? cash / (per_price * room) * (is_long ? 1 + 1e-9 : 1 - 1e-9)
                                  : std::numeric_limits<double>::infinity();
    const VectorBars& bars = line.bars();
    for (std::size_t row = from; row < to;) {
        const std::size_t end = std::min(to, (row / VectorBars::block + 1) * VectorBars::block);
        if (!bars.block_low.empty()) {
            const std::size_t block = row / VectorBars::block;
            if (is_long ? bars.block_low[block] > limit : bars.block_high[block] < limit) {
                row = end;
                continue;
            }
        }
        for (; row < end; ++row) {
            const double close = bars.close[row];
            if (is_long ? close <= limit : close >= limit) {
                row_ = row;
                value_at(Marks::close);
                if (is_margin_call()) { return true; }
            }
        }
    }
    return false;
}

// ---- many assets: row by row ---------------------------------------------------------------------------------------

void Kernel::run_many() {
    struct Decision {
        std::uint32_t row, line;
    };
    std::vector<Decision> decisions;
    for (Line& line : lines_) {
        const std::uint32_t i = index(line);
        for (std::size_t row = next_decision(line, 0); row < rows_; row = next_decision(line, row + 1)) {
            decisions.push_back({static_cast<std::uint32_t>(row), i});
        }
        line.next_signal = 0;
    }
    std::ranges::stable_sort(decisions, {}, &Decision::row);

    std::vector<std::uint32_t> busy;  // assets with orders, in rising order
    std::vector<std::uint32_t> active;
    std::size_t next = 0;
    for (std::size_t row = 0; row < rows_ && !gives_up_; ++row) {
        const std::size_t first = next;
        while (next < decisions.size() && decisions[next].row == row) { ++next; }
        const bool watched = shorts_ > 0 || cash_.raw < 0;
        if (busy.empty() && first == next && !watched) {
            if (first == decisions.size()) { break; }
            row = decisions[next].row - 1;
            continue;
        }
        active.clear();
        std::size_t decided = first;
        for (const std::uint32_t i : busy) {
            for (; decided < next && decisions[decided].line < i; ++decided) {
                active.push_back(decisions[decided].line);
            }
            if (decided < next && decisions[decided].line == i) { ++decided; }
            if (lines_[i].has_bar(row)) { active.push_back(i); }
        }
        for (; decided < next; ++decided) { active.push_back(decisions[decided].line); }
        step(row, active);
        // Who is busy now: those that were and those that acted.
        std::vector<std::uint32_t> still;
        std::ranges::set_union(busy, active, std::back_inserter(still));
        std::erase_if(still, [&](std::uint32_t i) { return lines_[i].is_idle(); });
        busy.swap(still);
    }
}

// ---- the stages of a row -------------------------------------------------------------------------------------------

// `active`: assets that trade in this row and have an order or something to decide, in rising order.
void Kernel::step(std::size_t row, std::span<const std::uint32_t> active) {
    row_ = row;
    shown_ = false;
    moved_ = false;
    const bool waits = std::ranges::any_of(active, [&](std::uint32_t i) { return !lines_[i].is_idle(); });
    if (waits) {
        at_open_ = true;
        if (!closes_only_) { trade_opening(active); }
        at_open_ = false;
        trade_range(active);
        if (fill_at_ == FillAt::next_close) { trade_close(active, FillRule::next_close); }
    }
    at_open_ = false;
    value_at(Marks::close);
    room_.reset();
    for (const std::uint32_t i : active) { decide(lines_[i]); }
    shown_ = true;
    if (fill_at_ == FillAt::this_close) { trade_close(active, FillRule::this_close); }
    if (is_margin_call()) { gives_up_ = true; }
}

void Kernel::trade_opening(std::span<const std::uint32_t> active) {
    value_at(Marks::before);
    const bool trades = fill_at_ == FillAt::next_open;
    for (const std::uint32_t i : active) {
        if (lines_[i].is_idle()) { continue; }
        fill_at_point(lines_[i], price_of(lines_[i].bars().open[row_]), trades ? FillRule::next_open : FillRule::none,
                      false);
    }
    const bool priced = trades && price_intents(active, Marks::open);
    for (const std::uint32_t i : active) { lines_[i].target.marketable = false; }  // what is left rests
    if ((moved_ || priced) && is_margin_call()) { gives_up_ = true; }
}

void Kernel::trade_range(std::span<const std::uint32_t> active) {
    for (const std::uint32_t i : active) {
        Line& line = lines_[i];
        if (!line.is_protected()) { continue; }
        const model::Bar bar = bar_at(line.bars(), row_);
        if (closes_only_) {
            fill_at_point(line, bar.close, FillRule::none, true);
        } else {
            fill_range(line, bar);
        }
        if (line.stop.order != 0 && line.stop.trail != 0) {
            move_trailing(line, line.held.lots < 0 ? bar.low : bar.high);
        }
    }
}

void Kernel::trade_close(std::span<const std::uint32_t> active, FillRule rule) {
    for (const std::uint32_t i : active) {
        Line& line = lines_[i];
        if (!line.is_pending()) { continue; }
        const Price close = price_of(line.bars().close[row_]);
        while (fill_markets(line, close, rule)) {}
    }
    price_intents(active, Marks::close);
}

void Kernel::decide(Line& line) {
    const VectorAsset& asset = *line.asset;
    if (!asset.targets.empty()) {
        decide_target(line);
        return;
    }
    if (!asset.orders.empty()) {
        if (const auto ask = order_at(asset, row_)) { place_entry(line, ask->side, ask->amount, {}); }
        return;
    }
    while (line.next_signal < asset.signals.size() && asset.signals[line.next_signal].row < row_) {
        ++line.next_signal;
    }
    if (line.next_signal == asset.signals.size() || asset.signals[line.next_signal].row != row_) { return; }
    const SignalRules& rules = asset.rules;
    const Wish wish = wish_of(asset.signals[line.next_signal].bits, line.held.lots, rules.accumulate);
    if (wish.close) { place_close(line); }
    if (!wish.enter) { return; }
    const auto amount = rules.amount.rows.empty() ? line.constant : entry_amount(asset, row_);
    if (!amount) { return; }
    place_entry(line, wish.side, *amount,
                line.constant_protection ? *line.constant_protection : protection_at(rules, row_));
}

void Kernel::decide_target(Line& line) {
    const std::span<const Target> targets = line.asset->targets;
    while (line.next_signal < targets.size() && targets[line.next_signal].row < row_) { ++line.next_signal; }
    if (line.next_signal == targets.size() || targets[line.next_signal].row != row_) { return; }
    const double share = targets[line.next_signal].share;
    if (!room_) { room_ = free_share(); }
    const double taken = strategy::take_share(*room_, std::abs(share));
    Amount amount;
    amount.kind = SizeKind::target_percent;
    amount.percent = Rate::of(share < 0 ? -taken : taken);
    place_entry(line, model::OrderSide::buy, amount, {});
}

// As strategy::free_share of the account: open orders are not counted.
double Kernel::free_share() {
    const Power& now = power();
    const double equity = now.equity.to_double();
    if (!(equity > 0)) { return 0; }
    Money free = cash_;
    if (config_.account == portfolio::AccountKind::margin) {
        free = now.equity;
        for (const std::uint32_t i : listed_) {
            free -= margin(lines_[i], abs(lines_[i].held), config_.initial_margin);
        }
    }
    return strategy::free_share(free.to_double() / equity);
}

// Orders that are open end with the run; legs that were never sent go with their entry.
void Kernel::finish() {
    row_ = rows_ == 0 ? 0 : rows_ - 1;
    at_open_ = false;
    for (Line& line : lines_) {
        if (line.closing != 0) { end(line.closing, OrderStatus::canceled, Reason::end_of_run); }
        if (line.entering != 0) { end_entry(line, OrderStatus::canceled, Reason::end_of_run); }
        for (const Resting* leg : {&line.stop, &line.target}) {
            if (leg->order != 0) { end(leg->order, OrderStatus::canceled, Reason::end_of_run); }
        }
    }
}

}  // namespace walras::backtest::vectorised
