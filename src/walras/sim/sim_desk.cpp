#include "walras/sim/sim_desk.hpp"

#include <algorithm>

namespace walras::sim {

using Kind = OutsideCommand::Kind;

OutsideCommand SimDesk::submit(const model::ExchangeLine::Message& message, book::OwnerId owner, TimeNs day_end) {
    coming_.push_back({message.order, owner, day_end});
    OutsideCommand command;
    command.kind = Kind::submit;
    command.order.id = message.order.id;
    command.heard = message.heard;
    return command;
}

OutsideCommand SimDesk::change(const model::ExchangeLine::Message& message) {
    OutsideCommand command;
    command.kind = message.kind == model::ExchangeLine::Message::Kind::cancel ? Kind::cancel : Kind::replace;
    command.change = message.change;
    command.heard = message.heard;
    return command;
}

std::optional<StrategyId> SimDesk::strategy_of(OrderId order) const {
    const auto coming = std::ranges::find_if(coming_, [&](const Coming& c) { return c.order.id == order; });
    if (coming != coming_.end()) { return coming->order.strategy; }
    const book::ClientOrder* own = orders_.find(orders_.engine_id(order));
    return own == nullptr ? std::nullopt : std::optional{own->order.strategy};
}

// ---- in the middle of a tick

bool SimDesk::arrive(OutsideCommand& command) {
    if (command.kind == Kind::submit) {
        const auto it = std::ranges::find_if(coming_, [&](const Coming& c) { return c.order.id == command.order.id; });
        if (it == coming_.end()) { return false; }
        const auto request = orders_.arrive(it->order, it->owner, command.heard, it->day_end, *this);
        coming_.erase(it);
        if (request) { command.order = *request; }
        return request.has_value();
    }
    if (command.kind == Kind::cancel) {
        const OrderId order = command.change.order;
        command.change.order = orders_.engine_id(order);
        return orders_.arrive_cancel(order, *this);
    }
    const auto request = orders_.arrive(command.change, command.heard, *this);
    if (request) { command.change = *request; }
    return request.has_value();
}

bool SimDesk::next_due(OutsideCommand& due) {
    const auto lost = orders_.next_due();
    if (!lost) { return false; }
    due.kind = lost->quantity.is_zero() ? Kind::cancel : Kind::replace;
    due.change = *lost;
    return true;
}

void SimDesk::report(const model::OrderStepFacts& facts, model::OrderStep step, model::Reason reason) {
    Report& r = reports_.emplace_back();
    r.terms = facts.terms;
    r.order = facts.order;
    r.strategy = facts.strategy;
    r.revision = facts.revision;
    r.step = step;
    r.reason = reason;
}

std::uint64_t SimDesk::fill(const model::Execution& e) {
    reports_.push_back({e.terms, e.order, e.strategy, e.position, e.revision, model::OrderStep::filled,
                        model::Reason::none, e.price, e.quantity, e.is_first, e.liquidity, e.rule});
    return untold;
}

// ---- when it is over

void SimDesk::send_reports(model::ExchangeLine& line, const model::FeeModel& fees, SourceId source, TimeNs now) {
    for (const Report& r : reports_) {
        if (r.step == model::OrderStep::filled) {
            const std::uint64_t number =
                line.report_fill({instrument_, r.terms, r.order, r.strategy, r.position, r.revision, r.price,
                                  r.quantity, r.is_first, r.liquidity, r.rule},
                                 fees, source, now);
            orders_.told(r.order, number);
            continue;
        }
        model::Event event = model::order_event({r.order, r.strategy, r.revision, r.terms}, r.step, r.reason, now);
        line.report(event, source, now);
    }
    reports_.clear();
}

}  // namespace walras::sim
