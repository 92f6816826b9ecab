#include "walras/exec/algorithms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "walras/core/error.hpp"
#include "walras/model/money.hpp"

namespace walras::exec {

using model::ExecutionAlgorithm;
using model::ExecutionRequest;
using model::ExecutionState;
using model::ExecutionStatus;
using model::Order;
using model::OrderSide;
using model::OrderStep;
using model::Pending;
using model::Reason;
using model::Urgency;

namespace {

constexpr DurationNs first_retry = seconds(1);
constexpr DurationNs longest_retry = seconds(60);

Quantity max_clip_of(const ExecutionRequest& r) {
    return r.max_clip.is_zero() ? std::max(r.min_clip, Quantity{(r.quantity.lots + 19) / 20}) : r.max_clip;
}

double max_rate_of(const ExecutionRequest& r) { return r.max_rate == 0 ? r.rate : r.max_rate; }

// Whether `price` is worse than `other` for who trades on `side`.
bool is_beyond(OrderSide side, Price price, Price other) {
    return side == OrderSide::buy ? price > other : price < other;
}

// The house ended the child, and would end the next one too.
bool ends_parent(Reason reason) {
    return reason == Reason::margin_call || reason == Reason::corporate_action || reason == Reason::end_of_run ||
           reason == Reason::instrument_expired;
}

}  // namespace

// ---- parents -----------------------------------------------------------------------------------------------------

ExecutionId ExecutionDesk::start(StrategyId strategy, const ExecutionRequest& request, TimeNs now) {
    if (!universe_.contains(request.instrument)) {
        throw ConfigError(
            fmt::format("This execution cannot be worked: instrument {} is unknown.", request.instrument.value));
    }
    validate(request, now);
    Execution& e = executions_.emplace_back();
    ExecutionState& state = e.state;
    state.id = ExecutionId{executions_.size()};
    state.strategy = strategy;
    state.request = request;
    state.start = request.start == time_min ? now : request.start;
    state.end = request.duration.ns > 0 ? state.start + request.duration : time_max;
    const model::Instrument& instrument = universe_.at(request.instrument);
    if (!request.limit.is_zero()) {  // never beyond it
        state.request.limit = request.side == OrderSide::buy ? instrument.round_down_to_tick(request.limit)
                                                             : instrument.round_up_to_tick(request.limit);
    }
    live_.push_back(state.id);
    e.is_canceled = is_over_;
    is_touched_ = true;
    return state.id;
}

void ExecutionDesk::cancel(ExecutionId id, Reason reason) {
    if (find(id) == nullptr || !at(id).state.is_open() || at(id).is_canceled) { return; }
    Execution& e = at(id);
    e.is_canceled = true;
    e.state.reason = reason;
    e.is_touched = is_touched_ = true;
}

const ExecutionState* ExecutionDesk::find(ExecutionId id) const {
    return id.value >= 1 && id.value <= executions_.size() ? &executions_[id.value - 1].state : nullptr;
}

std::vector<ExecutionState> ExecutionDesk::states() const {
    std::vector<ExecutionState> out;
    out.reserve(executions_.size());
    for (const Execution& e : executions_) { out.push_back(e.state); }
    return out;
}

Schedule ExecutionDesk::plan(const ExecutionState& state) const {
    const ExecutionRequest& r = state.request;
    const int slices = r.slices > 0 ? r.slices : (r.curve.empty() ? 10 : static_cast<int>(r.curve.size()));
    switch (r.algorithm) {
        case ExecutionAlgorithm::twap:
            return Schedule::equal(r.quantity, state.start, state.end, r.slices > 0 ? r.slices : 10, r.randomize,
                                   r.seed);
        case ExecutionAlgorithm::vwap: {
            if (!r.curve.empty()) { return Schedule::curve(r.quantity, state.start, state.end, slices, r.curve); }
            VolumeProfile profile = profiles_[r.instrument.value];
            if (profile.is_empty()) { port_.show_history(r.instrument, profile); }
            return Schedule::curve(r.quantity, state.start, state.end, slices,
                                   profile.weights(state.start, state.end, slices));
        }
        case ExecutionAlgorithm::iceberg: return Schedule::at_once(r.quantity, state.start);
        case ExecutionAlgorithm::pov: break;
    }
    return {};
}

// ---- what happened -----------------------------------------------------------------------------------------------

void ExecutionDesk::touch(InstrumentId instrument) {
    for (const ExecutionId id : live_) {
        Execution& e = at(id);
        if (e.state.request.instrument == instrument) { e.is_touched = is_touched_ = true; }
    }
}

void ExecutionDesk::see_volume(InstrumentId instrument, double lots, Price price) {
    for (const ExecutionId id : live_) {
        Execution& e = at(id);
        const ExecutionRequest& r = e.state.request;
        if (r.instrument != instrument || e.state.status != ExecutionStatus::working) { continue; }
        e.state.market_volume += lots;
        e.state.market_value += lots * price.to_double();
        if (r.algorithm != ExecutionAlgorithm::pov) { continue; }
        // What is at work and what may be sent never exceed a clip together: no stretch of time catches up at once.
        const double room = static_cast<double>((max_clip_of(r) - e.working).lots);
        e.seen_volume += lots;
        e.budget = std::min(e.budget + max_rate_of(r) * lots, room);
        e.is_touched = is_touched_ = true;
    }
}

void ExecutionDesk::see_bar(InstrumentId instrument, const model::Bar& bar) {
    if (bar.volume > 0) {
        const double lots = bar.volume * 1e9 / static_cast<double>(universe_.at(instrument).lot_size);
        see_volume(instrument, lots, bar.close);
    }
    touch(instrument);
}

void ExecutionDesk::on_order(const Order& order, const model::OrderReport& report) {
    if (find(order.execution) == nullptr) { return; }
    Execution& e = at(order.execution);
    ExecutionState& state = e.state;
    e.is_touched = is_touched_ = true;
    if (report.step == OrderStep::filled) {
        state.filled += report.quantity;
        state.filled_notional +=
            abs(model::notional(report.price, report.quantity, universe_.at(order.terms.instrument)));
        e.retry_delay = {};
    }
    if (!order.is_open()) { std::erase(e.open, order.id); }
    count_working(e, report.step == OrderStep::filled ? report.quantity : Quantity{});
    if (!state.is_open()) {  // the last answers, after the end of the run
        if (state.leaves().lots <= 0) { state.status = ExecutionStatus::filled; }
        return;
    }
    if (order.is_open() || order.status == model::OrderStatus::filled) { return; }
    if (ends_parent(order.reason)) { cancel(state.id, order.reason); }
    if (order.status == model::OrderStatus::denied || order.status == model::OrderStatus::rejected) { ++state.refused; }
    // Not at once: a refusal that will be repeated must not become a flood.
    e.retry_delay = e.retry_delay.ns == 0 ? first_retry : std::min(longest_retry, e.retry_delay + e.retry_delay);
    e.retry_at = report.step == OrderStep::filled ? time_min : order.ts_last + e.retry_delay;
}

void ExecutionDesk::on_wake(TimeNs now) {
    for (const ExecutionId id : live_) {
        Execution& e = at(id);
        if (e.armed > now) { continue; }
        e.armed = time_max;
        e.is_touched = is_touched_ = true;
    }
}

// ---- what follows ------------------------------------------------------------------------------------------------

void ExecutionDesk::work(TimeNs now, std::vector<ExecutionId>& finished) {
    is_touched_ = false;
    for (const ExecutionId id : live_) {
        Execution& e = at(id);
        if (std::exchange(e.is_touched, false)) { step(e, now); }
        if (!e.state.is_open()) { finished.push_back(id); }
    }
    std::erase_if(live_, [&](ExecutionId id) { return !at(id).state.is_open(); });
}

void ExecutionDesk::finish(TimeNs now, std::vector<ExecutionId>& finished) {
    is_over_ = true;
    for (const ExecutionId id : live_) {
        Execution& e = at(id);
        e.state.reason = Reason::end_of_run;
        end(e, e.state.leaves().lots > 0 ? ExecutionStatus::canceled : ExecutionStatus::filled, now);
        finished.push_back(id);
    }
    live_.clear();
}

void ExecutionDesk::step(Execution& e, TimeNs now) {
    ExecutionState& state = e.state;
    if (state.status == ExecutionStatus::pending && now >= state.start && !e.is_canceled) { begin(e); }
    if (state.status == ExecutionStatus::working && state.arrival.is_zero()) {
        state.arrival = mid_of(state.request.instrument);
    }
    if (state.leaves().lots <= 0 && e.open.empty()) {
        end(e, ExecutionStatus::filled, now);
    } else if (e.is_canceled || now >= state.end || state.leaves().lots <= 0) {
        close(e, now);
    } else if (state.status == ExecutionStatus::working) {
        give_back_excess(e);
        send_due(e, now);
    }
    if (state.is_open()) { arm(e, now); }
}

void ExecutionDesk::begin(Execution& e) {
    e.state.status = ExecutionStatus::working;
    e.schedule = plan(e.state);
}

// Its time is over: children go first, because one that trades late must not meet a sweep for the same lots.
void ExecutionDesk::close(Execution& e, TimeNs now) {
    ExecutionState& state = e.state;
    state.status = ExecutionStatus::closing;
    for (const OrderId id : std::vector<OrderId>(e.open)) {
        const Order* order = port_.child(id);
        if (!e.is_swept && order->pending != Pending::cancel) { port_.cancel_child(id); }
    }
    if (!e.open.empty()) { return; }
    const bool wants_sweep = state.request.sweep && !e.is_canceled && !e.is_swept && state.leaves().lots > 0;
    const Touch touch = touch_of(state.request);
    const bool can_sweep = touch.is_trusted && (state.request.limit.is_zero() || touch.far.is_zero() ||
                                                !is_beyond(state.request.side, touch.far, state.request.limit));
    if (wants_sweep && can_sweep) {
        e.is_swept = true;
        send(e, state.leaves(), touch, true);
        return;
    }
    end(e, e.is_canceled ? ExecutionStatus::canceled : ExecutionStatus::expired, now);
}

Quantity ExecutionDesk::due(const Execution& e, TimeNs now) const {
    const ExecutionRequest& r = e.state.request;
    if (r.algorithm != ExecutionAlgorithm::pov) { return e.schedule.due(now); }
    const double share = std::floor(r.rate * e.seen_volume);
    return share >= static_cast<double>(r.quantity.lots) ? r.quantity : Quantity{static_cast<std::int64_t>(share)};
}

void ExecutionDesk::send_due(Execution& e, TimeNs now) {
    const ExecutionRequest& r = e.state.request;
    const Touch touch = touch_of(r);
    if (!touch.is_trusted) { return; }
    if (r.urgency == Urgency::passive) { follow_touch(e, touch); }
    Quantity wanted = due(e, now) - e.state.filled - e.working;
    Quantity least = universe_.at(r.instrument).min_quantity;
    if (r.algorithm == ExecutionAlgorithm::pov) {
        wanted = std::min(wanted, Quantity{static_cast<std::int64_t>(std::max(0.0, std::floor(e.budget)))});
        least = std::max(least, std::min(r.min_clip, e.state.leaves() - e.working));
    }
    if (r.algorithm == ExecutionAlgorithm::iceberg) {
        // The next piece comes when the one before is gone, and goes to the back of the queue.
        if (!e.open.empty()) { return; }
        wanted = std::min(wanted, r.display);
    }
    if (wanted.lots <= 0 || wanted < least || now < e.retry_at) { return; }
    send(e, wanted, touch, r.urgency == Urgency::aggressive);
}

// Children go along when the touch leaves them behind; alone in front of it they stay.
void ExecutionDesk::follow_touch(Execution& e, const Touch& touch) {
    const Price price = resting_price(e.state.request, touch);
    if (price.is_zero()) { return; }
    for (const OrderId id : std::vector<OrderId>(e.open)) {
        const Order* order = port_.child(id);
        if (order->pending != Pending::none || !is_beyond(e.state.request.side, price, order->terms.price)) {
            continue;
        }
        model::Replace change;
        change.order = id;
        change.price = price;
        port_.replace_child(change);
    }
}

// More at work than is left: only after a fill of a child that its venue had ended.
void ExecutionDesk::give_back_excess(Execution& e) {
    if (e.state.filled + e.working > e.state.request.quantity && !e.open.empty()) { port_.cancel_child(e.open.back()); }
}

void ExecutionDesk::send(Execution& e, Quantity quantity, const Touch& touch, bool is_taking) {
    const ExecutionRequest& r = e.state.request;
    model::Request child;
    child.terms.instrument = r.instrument;
    child.terms.side = r.side;
    child.terms.quantity = quantity;
    child.execution = e.state.id;
    if (!is_taking) {
        child.terms.type = model::OrderType::limit;
        child.terms.price = resting_price(r, touch);
        if (child.terms.price.is_zero()) { return; }
    } else if (touch.near.is_zero() && touch.far.is_zero()) {
        return;  // no market yet
    } else if (!r.limit.is_zero()) {
        if (!touch.far.is_zero() && is_beyond(r.side, touch.far, r.limit)) { return; }
        child.terms.type = model::OrderType::limit;
        child.terms.price = r.limit;
        child.terms.time_in_force = model::TimeInForce::ioc;
    }
    ++e.state.children;
    const OrderId id = port_.send_child(e.state.strategy, child);
    e.open.push_back(id);
    count_working(e, {});
}

Price ExecutionDesk::resting_price(const ExecutionRequest& r, const Touch& touch) const {
    if (r.algorithm == ExecutionAlgorithm::iceberg && !r.limit.is_zero()) { return r.limit; }
    if (r.limit.is_zero() || touch.near.is_zero()) { return touch.near; }
    return is_beyond(r.side, touch.near, r.limit) ? r.limit : touch.near;
}

// The near touch is where one queues, the far one where one takes. Bars have one price for both.
ExecutionDesk::Touch ExecutionDesk::touch_of(const ExecutionRequest& r) const {
    const book::MarketBook* book = port_.book_of(r.instrument);
    Touch out;
    const auto is_idle = [](model::BookState state) {
        return state == model::BookState::resyncing || state == model::BookState::halted;
    };
    if (book != nullptr && (is_idle(book->state()) || book->is_crossed())) {
        out.is_trusted = false;
        return out;
    }
    const model::Instrument& instrument = universe_.at(r.instrument);
    const bool is_buy = r.side == OrderSide::buy;
    if (const model::Quote* quote = port_.quote_of(r.instrument)) {
        out.near = is_buy ? quote->bid : quote->ask;
        out.far = is_buy ? quote->ask : quote->bid;
    } else {
        out.near = port_.price_of(r.instrument);
    }
    // Adjusted prices do not sit on ticks.
    out.near = is_buy ? instrument.round_down_to_tick(out.near) : instrument.round_up_to_tick(out.near);
    return out;
}

Price ExecutionDesk::mid_of(InstrumentId instrument) const {
    const model::Quote* quote = port_.quote_of(instrument);
    if (quote == nullptr || quote->bid.is_zero() || quote->ask.is_zero()) { return port_.price_of(instrument); }
    return Price{quote->bid.raw + (quote->ask.raw - quote->bid.raw) / 2};
}

// What is sent is taken from the budget; what ends without a trade goes back to it.
void ExecutionDesk::count_working(Execution& e, Quantity traded) const {
    Quantity working;
    for (const OrderId id : e.open) {
        if (const Order* order = port_.child(id); order->is_open()) { working += order->leaves(); }
    }
    e.budget += static_cast<double>((e.working - working - traded).lots);
    e.working = working;
}

void ExecutionDesk::end(Execution& e, ExecutionStatus status, TimeNs now) {
    e.state.status = status;
    e.state.finished = now;
    e.state.last_mid = mid_of(e.state.request.instrument);
}

// One wake-up at a time, for what comes first: the start, the next slice, a retry, the end.
void ExecutionDesk::arm(Execution& e, TimeNs now) {
    TimeNs next = e.state.end;
    if (e.state.status == ExecutionStatus::pending) { next = e.state.start; }
    if (e.state.status == ExecutionStatus::working) { next = std::min(next, e.schedule.next(now)); }
    if (e.state.status == ExecutionStatus::working && e.retry_at > now) { next = std::min(next, e.retry_at); }
    if (next <= now || next == time_max || e.armed <= next) { return; }
    e.armed = next;
    port_.wake_desk(next);
}

}  // namespace walras::exec
