#include "walras/model/exchange_line.hpp"

#include <algorithm>
#include <utility>

#include "walras/model/money.hpp"

namespace walras::model {

// A message never overtakes the one before it.
TimeNs ExchangeLine::arrival_of(std::uint64_t message, TimeNs now) {
    const DurationNs delay = is_instant_ ? DurationNs{} : latency_->order({seed_, message, now});
    last_arrival_ = std::max(last_arrival_, now + delay);
    return last_arrival_;
}

ExchangeLine::Message ExchangeLine::message(Message::Kind kind) {
    Message message;
    message.kind = kind;
    message.number = ++messages_;
    message.heard = heard_;
    return message;
}

void ExchangeLine::submit(const model::Order& order, TimeNs now) {
    Message sent = message(Message::Kind::submit);
    // The order that answers an announced price does not travel again.
    sent.arrival = std::erase(priced_, order.id) > 0 ? now : arrival_of(sent.number, now);
    sent.order = order;
    inbox_.push(sent);
}

void ExchangeLine::replace(const Replace& change, TimeNs now) {
    Message sent = message(Message::Kind::replace);
    sent.arrival = arrival_of(sent.number, now);
    sent.change = change;
    inbox_.push(sent);
}

void ExchangeLine::cancel(OrderId order, TimeNs now) {
    Message sent = message(Message::Kind::cancel);
    sent.arrival = arrival_of(sent.number, now);
    sent.change.order = order;
    inbox_.push(sent);
}

void ExchangeLine::request_price(InstrumentId instrument, OrderId order, TimeNs now) {
    Message sent = message(Message::Kind::price);
    sent.arrival = arrival_of(sent.number, now);
    sent.order.id = order;
    sent.order.terms.instrument = instrument;
    inbox_.push(sent);
}

ExchangeLine::Message ExchangeLine::take_command() {
    const Message message = inbox_.top();
    inbox_.pop();
    return message;
}

Event ExchangeLine::take_report() {
    const Event event = outbox_.top();
    outbox_.pop();
    if (event.kind == EventKind::order) { heard_ = event.sequence; }
    return event;
}

void ExchangeLine::report(Event& event, SourceId source, TimeNs now) {
    event.source = source;
    event.sequence = next_sequence();
    const DurationNs delay = is_instant_ ? DurationNs{} : latency_->response({seed_, event.sequence, now});
    last_report_ = std::max(last_report_, now + delay);
    event.ts_init = last_report_;
    outbox_.push(event);
}

std::uint64_t ExchangeLine::report_fill(const Execution& e, const FeeModel& fees, SourceId source, TimeNs now) {
    const Money notional = abs(model::notional(e.price, e.quantity, e.instrument));
    const FeeFacts facts{e.instrument, e.price, e.quantity, notional, e.liquidity, e.is_first, traded_};
    traded_ += notional;
    Event event{EventKind::order, e.terms.instrument, now, now};
    event.report.order = e.order;
    event.report.strategy = e.strategy;
    event.report.position = e.position;
    event.report.revision = e.revision;
    event.report.step = OrderStep::filled;
    event.report.trade = TradeId{++trades_};
    event.report.quantity = e.quantity;
    event.report.price = e.price;
    event.report.reference = e.price;
    event.report.side = e.terms.side;
    event.report.fee = fees.fee(facts);
    event.report.fee_currency = e.instrument.currency;
    event.report.liquidity = e.liquidity;
    event.report.rule = e.rule;
    report(event, source, now);
    return event.sequence;
}

// Intents are sized when all of them have a price (flag_last).
void ExchangeLine::announce(InstrumentId instrument, Price ask, Price bid, const std::vector<OrderId>& intents,
                            SourceId source, TimeNs now) {
    priced_.clear();
    for (const OrderId intent : intents) {
        push_mark(instrument, MarkKind::ask, ask, intent, false, source, now);
        push_mark(instrument, MarkKind::bid, bid, intent, intent == intents.back(), source, now);
        priced_.push_back(intent);
    }
}

void ExchangeLine::push_mark(InstrumentId instrument, MarkKind kind, Price price, OrderId intent, bool is_last,
                             SourceId source, TimeNs now) {
    Event event{EventKind::mark, instrument, now, now};
    event.source = source;
    event.sequence = next_sequence();
    event.mark.kind = kind;
    event.mark.price = price;
    event.mark.order = intent;
    event.flags = static_cast<std::uint8_t>(flag_executable | (is_last ? flag_last : 0));
    outbox_.push(event);
}

TimeNs day_end(const std::vector<TimeNs>& session_closes, TimeNs now) {
    constexpr std::int64_t day = 86'400'000'000'000;
    const auto close = std::ranges::upper_bound(session_closes, now);
    return close != session_closes.end() ? *close : TimeNs{(utc_day(now + DurationNs{1}) + 1) * day - 1};
}

}  // namespace walras::model
