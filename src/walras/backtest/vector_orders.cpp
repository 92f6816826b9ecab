// Orders of the vectorised kernel: what is asked for, sized by OrderManager's rules and reviewed by RiskGate's.
#include <algorithm>
#include <utility>

#include "walras/backtest/vector_kernel.hpp"
#include "walras/model/money.hpp"

namespace walras::backtest::vectorised {

using model::OrderSide;
using model::OrderStatus;
using model::OrderType;
using model::Reason;
using model::SizeKind;

std::uint32_t Kernel::add_order(const Line& line, OrderSide side, OrderType type, Quantity quantity) {
    VectorOrder& added = out_->orders.emplace_back();
    added.row = static_cast<std::uint32_t>(row_);
    added.asset = index(line);
    added.row_last = added.row;
    added.side = side;
    added.type = type;
    added.quantity = quantity;
    return static_cast<std::uint32_t>(out_->orders.size());
}

// The whole position at the next price, whatever is left of it then.
void Kernel::place_close(Line& line) {
    line.closing_lots = abs(line.held);
    line.closing =
        add_order(line, line.held.lots > 0 ? OrderSide::sell : OrderSide::buy, OrderType::market, line.closing_lots);
    order(line.closing).status = OrderStatus::accepted;
}

// A number of lots is reviewed now; anything else waits for the price that makes it one. Legs are numbered with it.
void Kernel::place_entry(Line& line, OrderSide side, const Amount& amount, const Protection& protection) {
    const bool is_order = amount.kind == SizeKind::lots;
    line.entering = add_order(line, side, OrderType::market, is_order ? amount.lots : Quantity{});
    line.side = side;
    line.amount = amount;
    line.is_intent = !is_order;
    line.has_legs = protection.has_stop() || protection.has_target();
    if (line.has_legs) {
        line.protection = protection;
        const std::uint32_t parent = line.entering;
        const OrderSide other = model::opposite(side);
        if (protection.has_stop()) {
            const OrderType type = protection.trail != 0 ? OrderType::trailing_stop : OrderType::stop;
            order(add_order(line, other, type, Quantity{})).parent = parent;
        }
        if (protection.has_target()) { order(add_order(line, other, OrderType::limit, Quantity{})).parent = parent; }
    }
    if (is_order) { send_entry(line, amount.lots); }
}

// Through the gate, and then it works.
void Kernel::send_entry(Line& line, Quantity lots) {
    VectorOrder& entry = order(line.entering);
    entry.side = line.side;
    entry.quantity = lots;
    if (const Reason reason = review(line, line.side, lots); reason != Reason::none) {
        end_entry(line, OrderStatus::denied, reason);
        return;
    }
    if (power_) {
        power_->required -= margin(line, worst(line, Quantity{}), config_.initial_margin);
        power_->required +=
            margin(line, worst(line, line.side == OrderSide::buy ? lots : -lots), config_.initial_margin);
    }
    entry.status = OrderStatus::accepted;
    line.is_intent = false;
    line.entering_lots = lots;
    (line.side == OrderSide::buy ? line.open_buys : line.open_sells) += lots;
    list(line);
}

// An entry that ends without a fill takes its legs along.
void Kernel::end_entry(Line& line, OrderStatus status, Reason reason) {
    const std::uint32_t parent = std::exchange(line.entering, 0);
    end(parent, status, reason);
    for (std::uint32_t leg = parent + 1; leg <= out_->orders.size() && order(leg).parent == parent; ++leg) {
        end(leg, OrderStatus::canceled, Reason::contingency);
    }
}

// ---- intents -------------------------------------------------------------------------------------------------------

// The intents of these assets at this row's opens or closes: those that reduce first, the others with what that frees.
// Returns true if there were any.
bool Kernel::price_intents(std::span<const std::uint32_t> active, Marks marks) {
    waiting_.clear();
    for (const std::uint32_t i : active) {
        if (lines_[i].entering != 0 && lines_[i].is_intent) { waiting_.push_back(i); }
    }
    if (waiting_.empty()) { return false; }
    value_at(marks);
    if (waiting_.size() > 1) {  // in the order in which they were asked for
        std::ranges::sort(waiting_, {}, [&](std::uint32_t i) { return lines_[i].entering; });
    }
    for (int round = 0; round < 2 && !waiting_.empty(); ++round) {
        bool reduced = false;
        for (const bool reductions_only : {true, false}) {
            if (!reductions_only && reduced) { break; }
            std::erase_if(waiting_, [&](std::uint32_t i) {
                Line& line = lines_[i];
                const Quantity change = intended_change(line, mark(line));
                const bool reduces =
                    change.lots != 0 && (change.lots > 0) != (line.held.lots > 0) && abs(change) <= abs(line.held);
                if (reductions_only && !reduces) { return false; }
                if (change.is_zero()) {
                    const bool is_target = line.amount.kind >= SizeKind::target_lots;
                    end_entry(line, is_target ? OrderStatus::canceled : OrderStatus::denied, Reason::zero_size);
                    return true;
                }
                line.side = change.lots > 0 ? OrderSide::buy : OrderSide::sell;
                reduced = reduced || reduces;
                send_entry(line, abs(change));
                return true;
            });
        }
        for (const std::uint32_t i : active) {
            Line& line = lines_[i];
            if (line.entering == 0 || line.is_intent) { continue; }
            if (at_open_) {
                fill_at_point(line, mark(line), model::FillRule::next_open, false);
            } else {
                fill_markets(line, mark(line), shown_ ? model::FillRule::this_close : model::FillRule::next_close);
            }
        }
    }
    gives_up_ = gives_up_ || !waiting_.empty();  // they would wait for another bar
    return true;
}

Quantity Kernel::intended_change(const Line& line, Price price) {
    const auto lots_for = [&](Money value) {  // rounded towards zero, signed like the value
        const Money size = abs(value);
        const Money spendable =
            config_.size_buffer.is_zero()
                ? size
                : Money{core::divide_half_even(core::checked_mul(size.raw, core::int128{core::fixed_scale}),
                                               core::fixed_scale + config_.size_buffer.raw)};
        Quantity lots{};
        if (line.lot_value == core::fixed_scale) {
            lots = Quantity{price.raw > 0 ? core::checked_narrow(spendable.raw / price.raw) : 0};
        } else {
            lots = model::affordable(spendable, price, *line.asset->instrument);
        }
        return value.raw < 0 ? -lots : lots;
    };
    const auto part_of_equity = [&] { return apply_rate(std::max(power().equity, Money{}), line.amount.percent); };
    const auto direction = [&](Money value) { return line.side == OrderSide::buy ? value : -value; };
    switch (line.amount.kind) {
        case SizeKind::lots: break;
        case SizeKind::value: return lots_for(direction(line.amount.value));
        case SizeKind::percent: return lots_for(direction(part_of_equity()));
        case SizeKind::target_lots: return line.amount.lots - line.held;
        case SizeKind::target_value: return lots_for(line.amount.value) - line.held;
        case SizeKind::target_percent: return lots_for(part_of_equity()) - line.held;
    }
    return Quantity{};
}

// ---- the gate ------------------------------------------------------------------------------------------------------

// As RiskGate with its default limits; none means yes.
Reason Kernel::review(const Line& line, OrderSide side, Quantity lots) {
    const model::Instrument& instrument = *line.asset->instrument;
    if (lots < instrument.min_quantity || lots > instrument.max_quantity) { return Reason::invalid_quantity; }
    const bool is_buy = side == OrderSide::buy;
    const Quantity held = line.held;
    const bool reduces =
        is_buy ? held.lots < 0 && lots + line.open_buys <= -held : held.lots > 0 && lots + line.open_sells <= held;
    if (reduces) { return Reason::none; }
    if (config_.account == portfolio::AccountKind::cash) {
        if (!is_buy) { return line.open_sells + lots > held ? Reason::shorting_not_allowed : Reason::none; }
        Money available = cash_;
        for (const std::uint32_t i : listed_) {
            const Line& other = lines_[i];
            if (!other.open_buys.is_zero()) { available -= notional(other, mark(other), other.open_buys); }
        }
        return notional(line, mark(line), lots) > available ? Reason::buying_power : Reason::none;
    }
    if (lines_.size() == 1) {
        const Money required = margin(line, worst_with(line, is_buy ? lots : -lots), config_.initial_margin);
        return required > cash_ + notional(line, mark(line), held) ? Reason::buying_power : Reason::none;
    }
    const Power& now = power();
    const Money required = now.required - margin(line, worst(line, Quantity{}), config_.initial_margin) +
                           margin(line, worst_with(line, is_buy ? lots : -lots), config_.initial_margin);
    return required > now.equity ? Reason::buying_power : Reason::none;
}

Money Kernel::margin(const Line& line, Quantity quantity, Rate rate) {
    if (quantity.is_zero()) { return Money{}; }
    return apply_rate(abs(notional(line, mark(line), quantity)), rate);
}

const Kernel::Power& Kernel::power() {
    if (power_) { return *power_; }
    power_ = Power{};
    Power& now = *power_;
    now.equity = cash_;
    std::erase_if(listed_, [&](std::uint32_t i) {
        Line& line = lines_[i];
        line.is_listed = !(line.held.is_zero() && line.open_buys.is_zero() && line.open_sells.is_zero());
        if (!line.is_listed) { return true; }
        now.equity += notional(line, mark(line), line.held);
        now.required += margin(line, worst(line, Quantity{}), config_.initial_margin);
        return false;
    });
    return now;
}

bool Kernel::is_margin_call() {
    if (config_.account == portfolio::AccountKind::cash) { return false; }
    if (shorts_ == 0 && cash_.raw >= 0 && config_.maintenance_margin <= Rate::of(1.0)) { return false; }
    Money needed{};
    bool holds = false;
    const Money equity = power().equity;
    for (const std::uint32_t i : listed_) {
        const Line& line = lines_[i];
        holds = holds || !line.held.is_zero();
        needed += margin(line, abs(line.held), config_.maintenance_margin);
    }
    return holds && equity < needed;
}

void Kernel::list(Line& line) {
    if (line.is_listed) { return; }
    line.is_listed = true;
    listed_.push_back(index(line));
}

Price Kernel::mark(const Line& line) const {
    if (marks_ == Marks::close) { return close_at(line, row_); }
    if (marks_ == Marks::open && line.has_bar(row_)) {
        return price_of(closes_only_ ? line.bars().close[row_] : line.bars().open[row_]);
    }
    return close_at(line, row_ - 1);
}

}  // namespace walras::backtest::vectorised
