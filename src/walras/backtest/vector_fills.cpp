// What trades in the vectorised kernel: ReplayVenue's rules, one asset at a time.
#include <algorithm>
#include <utility>

#include "walras/backtest/replay_rules.hpp"
#include "walras/backtest/vector_kernel.hpp"
#include "walras/model/money.hpp"

namespace walras::backtest::vectorised {

using model::FillRule;
using model::LiquiditySide;
using model::OrderSide;
using model::OrderStatus;
using model::Reason;

namespace {

Price at_distance(Price from, Rate distance, bool above) {
    const Price move{core::checked_narrow(apply_rate(Money{from.raw}, distance).raw)};
    return above ? from + move : from - move;
}

std::int64_t trailing_distance_bps(std::int64_t offset, Price from) {
    const core::int128 product = static_cast<core::int128>(from.raw) * offset;
    return core::checked_narrow(core::divide_half_even(product, core::int128{10'000} * core::fixed_scale));
}

}  // namespace

// One price for all: a stop that it has passed, then market orders, then a target that it has reached.
void Kernel::fill_at_point(Line& line, Price price, FillRule market_rule, bool only_point) {
    for (;;) {
        const bool buys = line.held.lots < 0;  // what protects a short position
        if (line.stop.order != 0 && reaches_trigger(buys, price, line.stop.level)) {
            fill_stop(line, price, only_point ? FillRule::next_close : FillRule::stop_gap);
        } else if (market_rule != FillRule::none && fill_markets(line, price, market_rule)) {
            continue;
        } else if (line.target.order != 0 && within_limit(buys, price, line.target.level)) {
            const FillRule rule = only_point                   ? FillRule::next_close
                                  : price == line.target.level ? FillRule::limit_level
                                                               : FillRule::limit_gap;
            fill_target(line, price, rule, line.target.marketable ? LiquiditySide::taker : LiquiditySide::maker);
        } else {
            return;
        }
    }
}

// The next market order, if there is one.
bool Kernel::fill_markets(Line& line, Price price, FillRule rule) {
    if (line.closing != 0) {
        const std::uint32_t number = std::exchange(line.closing, 0);
        // It only reduces: where a stop was first, nothing is left.
        const OrderSide side = order(number).side;
        const Quantity room = side == OrderSide::sell ? line.held : -line.held;
        if (room.lots <= 0) {
            end(number, OrderStatus::canceled, Reason::reduce_only_would_increase);
            return true;
        }
        fill(line, number, side, std::min(room, line.closing_lots), price, rule, LiquiditySide::taker, true);
        end_legs(line);
        return true;
    }
    if (line.entering != 0 && !line.is_intent) {
        const std::uint32_t number = std::exchange(line.entering, 0);
        (line.side == OrderSide::buy ? line.open_buys : line.open_sells) -= line.entering_lots;
        fill(line, number, line.side, line.entering_lots, price, rule, LiquiditySide::taker, true);
        if (line.has_legs) { protect(line, out_->fills.back().price, price); }
        return true;
    }
    return false;
}

// Inside the bar, worst case first.
void Kernel::fill_range(Line& line, const model::Bar& bar) {
    const bool buys = line.held.lots < 0;
    if (line.stop.order != 0 && reaches_trigger(buys, buys ? bar.high : bar.low, line.stop.level)) {
        fill_stop(line, line.stop.level, FillRule::stop_level);
        return;
    }
    if (line.target.order == 0) { return; }
    const Price best = buys ? bar.low : bar.high;
    const Price limit = line.target.level;
    if (within_limit(buys, best, limit) && (config_.limit_fill == LimitFill::touch || best != limit)) {
        fill_target(line, limit, FillRule::limit_level, LiquiditySide::maker);
    }
}

void Kernel::fill_stop(Line& line, Price price, FillRule rule) {
    const std::uint32_t number = std::exchange(line.stop.order, 0);
    fill(line, number, order(number).side, abs(line.held), price, rule, LiquiditySide::taker, true);
    end_legs(line);
}

void Kernel::fill_target(Line& line, Price price, FillRule rule, LiquiditySide liquidity) {
    const std::uint32_t number = std::exchange(line.target.order, 0);
    fill(line, number, order(number).side, abs(line.held), price, rule, liquidity, false);
    end_legs(line);
}

// The fill itself: slippage, fee, ledger, record. The same rounding points as ReplayVenue::execute and the ledger.
void Kernel::fill(Line& line, std::uint32_t number, OrderSide side, Quantity lots, Price reference, FillRule rule,
                  LiquiditySide liquidity, bool slips) {
    const model::Instrument& instrument = *line.asset->instrument;
    const bool is_buy = side == OrderSide::buy;
    Price price = reference;
    if (slips) {
        Rate cost = slippage_;
        if (!constant_slippage_) {
            const model::Bar bar = bar_at(line.bars(), row_);
            cost = Rate::of(config_.slippage->cost({instrument, reference, lots, bar.volume, parkinson(bar)}));
        }
        const Price worse{core::checked_narrow(apply_rate(Money{std::abs(reference.raw)}, cost).raw)};
        price = is_buy ? price + worse : price - worse;
    }
    const Money value = notional(line, price, lots);
    const Money fee = config_.fees->fee({instrument, price, lots, abs(value), liquidity, true, traded_});
    traded_ += abs(value);

    const std::int64_t before = line.held.lots;
    line.held += is_buy ? lots : -lots;
    cash_ += is_buy ? -value : value;
    cash_ -= fee;
    const std::int64_t after = line.held.lots;
    shorts_ += static_cast<std::size_t>(after < 0) - static_cast<std::size_t>(before < 0);
    power_.reset();
    moved_ = true;

    VectorFill& row = out_->fills.emplace_back();
    row.row = static_cast<std::uint32_t>(row_);
    row.asset = index(line);
    row.order = number;
    row.at_open = at_open_;
    row.side = side;
    row.liquidity = liquidity;
    row.rule = rule;
    row.quantity = lots;
    row.price = price;
    row.reference = reference;
    row.fee = core::checked_narrow(fee.raw);
    end(number, OrderStatus::filled, Reason::none);
}

// The legs of an entry that has just filled at `entry`; `standing` is where the market is.
void Kernel::protect(Line& line, Price entry, Price standing) {
    const model::Instrument& instrument = *line.asset->instrument;
    const bool is_long = line.held.lots > 0;
    const Protection& wanted = line.protection;
    // The average price of a single fill, which is its price where a lot is one unit.
    const Price from =
        line.lot_value == core::fixed_scale
            ? entry
            : model::average_price(abs(notional(line, entry, abs(line.held))), abs(line.held), instrument);
    const std::uint32_t parent = out_->fills.back().order;
    std::uint32_t next = parent + 1;
    if (wanted.has_stop()) {
        const std::uint32_t number = next++;
        order(number).quantity = abs(line.held);
        Resting& stop = line.stop;
        stop = Resting{};
        if (wanted.trail != 0) {
            stop.order = number;
            stop.trail = wanted.trail;
            move_trailing(line, standing);
        } else if (const Price level = instrument.round_down_to_tick(at_distance(from, wanted.stop, !is_long));
                   level.raw > 0) {
            stop.order = number;
            stop.level = level;
        } else {
            order(number).price = level;
            end(number, OrderStatus::denied, Reason::invalid_trigger);
        }
        if (stop.order != 0) {
            if (stop.trail == 0) { order(number).price = stop.level; }
            order(number).status = OrderStatus::accepted;
        }
    }
    if (wanted.has_target()) {
        const std::uint32_t number = next;
        const Price level = instrument.round_down_to_tick(at_distance(from, wanted.target, is_long));
        order(number).quantity = abs(line.held);
        order(number).price = level;
        if (level.raw <= 0) {
            end(number, OrderStatus::denied, Reason::invalid_price);
            return;
        }
        line.target = Resting{};
        line.target.order = number;
        line.target.level = level;
        // Against the last close that was shown: this row's only where it was decided on.
        line.target.marketable = within_limit(is_long, level, close_at(line, shown_ ? row_ : row_ - 1));
        order(number).status = OrderStatus::accepted;
    }
}

// A trailing trigger follows the best price and never steps back.
void Kernel::move_trailing(Line& line, Price favourable) {
    Resting& stop = line.stop;
    const bool buys = line.held.lots < 0;
    const bool better = stop.best.is_zero() || (buys ? favourable < stop.best : favourable > stop.best);
    if (favourable.is_zero() || !better) { return; }
    stop.best = favourable;
    const Price distance{trailing_distance_bps(stop.trail, favourable)};
    stop.level = buys ? favourable + distance : favourable - distance;
}

void Kernel::end_legs(Line& line) {
    for (Resting* leg : {&line.stop, &line.target}) {
        if (leg->order == 0) { continue; }
        end(leg->order, OrderStatus::canceled, Reason::contingency);
        leg->order = 0;
    }
}

void Kernel::end(std::uint32_t number, OrderStatus status, Reason reason) {
    VectorOrder& ended = order(number);
    ended.status = status;
    ended.reason = reason;
    ended.row_last = static_cast<std::uint32_t>(row_);
    ended.ended_at_open = at_open_;
}

}  // namespace walras::backtest::vectorised
