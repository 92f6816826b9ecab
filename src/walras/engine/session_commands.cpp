// What a session is asked for: by strategies (Host) and by its order manager (Router).
#include "walras/engine/session.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "walras/core/error.hpp"

namespace walras::engine {

using model::Event;
using model::EventKind;
using strategy::ClosedBar;

// ---- Host ----------------------------------------------------------------------------------------------------------

OrderId Session::place(StrategyId strategy, const model::Request& request) {
    return orders_.place(request, strategy, now_);
}

void Session::replace(const model::Replace& replace) { orders_.replace(replace, now_); }

void Session::cancel(OrderId order) { orders_.cancel(order, now_); }

TimerId Session::wake_at(StrategyId strategy, TimeNs when) {
    const TimerId id{++last_timer_};
    timers_.push({std::max(when, now_), id, strategy});
    return id;
}

TimerId Session::wake_after(StrategyId strategy, DurationNs delay) { return wake_at(strategy, now_ + delay); }

void Session::cancel_timer(TimerId timer) { cancelled_timers_.push_back(timer); }

std::span<const ClosedBar> Session::history(InstrumentId instrument, std::size_t n) const {
    if (n > config_.history) {
        throw ConfigError(fmt::format("history of {} bars was asked for, the session keeps {}; raise `history`.", n,
                                      config_.history));
    }
    const auto& window = history_[instrument.value];
    const std::size_t have = std::min(n, window.size());
    return std::span{window}.last(have);
}

const model::Quote* Session::quote(InstrumentId instrument) const {
    const auto& quote = quotes_[instrument.value];
    return quote ? &*quote : nullptr;
}

// ---- Router --------------------------------------------------------------------------------------------------------

namespace {

Event command_event(const model::Order& order, model::CommandKind kind, TimeNs now) {
    Event event{EventKind::command, order.terms.instrument, now, now};
    event.command.order = order.id;
    event.command.strategy = order.strategy;
    event.command.revision = order.revision;
    event.command.kind = kind;
    return event;
}

}  // namespace

void Session::submit(const model::Approved<model::Order>& order) {
    const model::OrderTerms& terms = order->terms;
    Event event = command_event(*order, model::CommandKind::submit, now_);
    event.command.quantity = terms.quantity;
    event.command.price = terms.price;
    event.command.trigger = terms.trigger;
    event.command.expire_time = terms.expire_time;
    event.command.trailing_offset = terms.trailing_offset;
    event.command.side = terms.side;
    event.command.type = terms.type;
    event.command.time_in_force = terms.time_in_force;
    event.command.flags = static_cast<std::uint8_t>((terms.post_only ? 1 : 0) | (terms.reduce_only ? 2 : 0));
    event.sequence = ++own_sequence_;
    journal_out(event);
    venue_of(terms.instrument).submit(order, now_);
}

void Session::replace(const model::Approved<model::Replace>& replace, const model::Order& order) {
    Event event = command_event(order, model::CommandKind::replace, now_);
    event.command.quantity = replace->quantity;
    event.command.price = replace->price;
    event.command.trigger = replace->trigger;
    event.sequence = ++own_sequence_;
    journal_out(event);
    venue_of(order.terms.instrument).replace(replace, now_);
}

void Session::cancel(const model::Order& order) {
    Event event = command_event(order, model::CommandKind::cancel, now_);
    event.sequence = ++own_sequence_;
    journal_out(event);
    venue_of(order.terms.instrument).cancel(order.id, now_);
}

// A command like the others: a replay knows from it when the answer may come.
void Session::request_price(InstrumentId instrument, OrderId order) {
    Event event = command_event(*orders_.find(order), model::CommandKind::price, now_);
    event.sequence = ++own_sequence_;
    journal_out(event);
    venue_of(instrument).request_price(instrument, order, now_);
}

}  // namespace walras::engine
