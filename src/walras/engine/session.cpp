#include "walras/engine/session.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "walras/core/error.hpp"

namespace walras::engine {

using model::Event;
using model::EventKind;
using model::OrderStep;
using strategy::ClosedBar;

namespace {

// After the data of a timestamp were shown, these rules fill at the opening of a bar that begins with it.
bool trades_at_open(model::FillRule rule) {
    using model::FillRule;
    return rule == FillRule::next_open || rule == FillRule::stop_gap || rule == FillRule::limit_gap ||
           rule == FillRule::limit_level;
}

}  // namespace

Session::Session(const model::Universe& universe, model::Clock& clock, std::span<model::Venue* const> venues,
                 std::span<strategy::Strategy* const> strategies, SessionConfig config)
    : universe_(universe),
      clock_(clock),
      venues_(venues.begin(), venues.end()),
      strategies_(strategies.begin(), strategies.end()),
      config_(std::move(config)),
      portfolio_(universe, config_.accounts, strategies.size()),
      gate_(universe, config_.limits),
      orders_(universe, portfolio_, gate_, *this, config_.sizing),
      desk_(universe, *this),
      history_(universe.size()),
      bars_seen_(universe.size()),
      quotes_(universe.size()),
      books_(universe.size()) {
    if (venues_.empty()) { throw ConfigError("A session needs at least one venue."); }
    for (std::size_t i = 0; i < venues_.size(); ++i) {
        venues_[i]->set_source(SourceId{static_cast<std::uint16_t>(i + 1)});
    }
    if (config_.venue_of_instrument.empty()) { config_.venue_of_instrument.assign(universe.size(), 0); }
    if (config_.venue_of_instrument.size() != universe.size()) {
        throw ConfigError(fmt::format("venue_of_instrument has {} entries for {} instruments.",
                                      config_.venue_of_instrument.size(), universe.size()));
    }
    shown_at_.assign(venues_.size(), time_min);
    for (std::uint16_t i = 0; i < portfolio_.account_count(); ++i) {
        if (portfolio_.config(AccountId{i}).kind == portfolio::AccountKind::margin) {
            margin_.push_back({AccountId{i}});
        }
    }
    contexts_.reserve(strategies_.size());
    for (std::size_t i = 0; i < strategies_.size(); ++i) {
        strategy::Host& host = *this;
        contexts_.emplace_back(host, portfolio_, StrategyId{static_cast<std::uint16_t>(i)});
        warm_up_.push_back(strategies_[i]->warm_up());
    }
    config_.history = std::max(config_.history, warm_up_.empty() ? 0 : *std::ranges::max_element(warm_up_));
}

// ---- the loop ------------------------------------------------------------------------------------------------------

void Session::run_until(TimeNs end) {
    run_while(end, [] { return true; });
}

void Session::start() {
    started_ = true;
    TimeNs first = time_max;
    for (model::Venue* venue : venues_) { first = std::min(first, venue->start_time()); }
    if (first != time_max) { clock_.advance_to(first); }
    now_ = clock_.now();
    journal_in(Event{EventKind::start, no_instrument, now_, now_});
    for (std::size_t i = 0; i < strategies_.size(); ++i) {
        strategies_[i]->on_start(context(StrategyId{static_cast<std::uint16_t>(i)}));
    }
    work_executions();
    deliver_outbox();
}

// Time of the earliest source, timers included; `source` is its index, or venues_.size() for a timer.
TimeNs Session::next_time(std::size_t& source) {
    TimeNs next = venues_.front()->next_time();
    source = 0;
    for (std::size_t i = 1; i < venues_.size(); ++i) {
        const TimeNs t = venues_[i]->next_time();
        // Of two at one time the one comes first that has not shown its data of that time yet.
        if (t < next || (t == next && shown_at_[source] == t && shown_at_[i] != t)) {
            next = t;
            source = i;
        }
    }
    // Time ends with the world: a timer that is set anew each time it fires must not keep a run alive.
    if (next != time_max && !timers_.empty() && timers_.top().when < next) {
        next = timers_.top().when;
        source = venues_.size();
    }
    return next;
}

// Takes the next batch of the earliest source. Returns false when nothing is left up to `end`.
bool Session::step(TimeNs end) {
    std::size_t source = 0;
    TimeNs next = next_time(source);
    // Bars wait until every venue has shown what it has of their timestamp, so that all of them are seen together. They
    // do not wait for longer: the next opening may carry the same time, and nobody may see it before deciding.
    if (!fresh_.empty() && (next > current_ || (source < venues_.size() && shown_at_[source] == current_))) {
        deliver_bars();
        if (stopping_) { return true; }
        next = next_time(source);
    }
    if (next > current_ && current_ != time_min) {
        const bool acted = complete_time();
        current_ = time_min;
        if (acted) { return true; }  // a margin call: something may now happen earlier
    }
    if (next == time_max || next > end) { return false; }

    const TimeNs before = current_;
    current_ = next;
    if (source == venues_.size()) {
        fire_timer();
    } else {
        const std::size_t n = venues_[source]->poll(batch_);
        if (n == 0) {  // the venue moved on without an event
            current_ = before;
            return true;
        }
        for (std::size_t i = 0; i < n; ++i) { handle(batch_[i]); }
        constexpr unsigned last_of_data = model::flag_last;
        const unsigned flags = batch_[n - 1].flags;
        if ((flags & (last_of_data | model::flag_executable)) == last_of_data) { shown_at_[source] = current_; }
    }
    after_batch();
    // A lone venue has shown all, and no timer comes first: the next step would begin with these bars.
    const bool is_timer_due = !timers_.empty() && timers_.top().when <= current_;
    if (!fresh_.empty() && venues_.size() == 1 && shown_at_.front() == current_ && !is_timer_due && !stopping_) {
        deliver_bars();
    }
    return true;
}

void Session::after_batch() {
    if (orders_.has_waiting() && !more_prices_) { orders_.release_intents(now_); }
    if (!orders_.outbox().empty()) { deliver_outbox(); }
}

// Losses can be measured as soon as all money has a rate.
void Session::watch_equity() {
    if (!gate_.limits().watches_equity() || !portfolio_.can_value()) { return; }
    gate_.watch(portfolio_.equity(), current_);
}

// Below its maintenance margin an account is closed out: open orders first, then every position, once per call.
bool Session::check_margin() {
    bool acted = false;
    for (MarginWatch& watch : margin_) {
        const bool call = portfolio_.is_margin_call(watch.account);
        if (call && !watch.called) [[unlikely]] {
            answer_margin_call(watch.account);
            acted = true;
        }
        watch.called = call;
    }
    return acted;
}

// Returns true if it sent orders.
bool Session::complete_time() {
    watch_equity();
    const bool acted = check_margin();
    close_row();
    return acted;
}

// The observer sees a timestamp once its data have been shown and acted on. Where the next bar opens at the very time
// at which this one closed, it sees it before that opening trades or marks anything.
void Session::close_row() {
    if (observer_ != nullptr && saw_data_) {
        observer_->on_time(current_, portfolio_);
        unseen_postings_ = false;
    }
    saw_data_ = false;
}

void Session::handle(const Event& event) {
    ++events_;
    advance(event.ts_init);
    journal_in(event);
    switch (event.kind) {
        case EventKind::bar: on_bar_event(event); break;
        case EventKind::quote: on_quote_event(event); break;
        case EventKind::trade: on_trade_event(event.instrument, event.trade, event.ts_event); break;
        case EventKind::book_delta: on_book_event(event); break;
        case EventKind::mark:
            if (event.mark.kind == model::MarkKind::open) { close_row(); }
            if (event.mark.kind < model::MarkKind::bid) {
                portfolio_.mark(event.instrument, event.mark.price, event.ts_event);
            }
            if (event.mark.kind == model::MarkKind::settlement) {
                flows_.clear();
                portfolio_.settle(event.instrument, event.mark.price, event.ts_event, flows_);
                for (Event& flow : flows_) { apply_own(flow); }
            }
            if ((event.flags & model::flag_executable) != 0) {
                more_prices_ = (event.flags & model::flag_last) == 0;
                orders_.on_mark(event.instrument, event.mark);
            }
            break;
        case EventKind::order: on_order_event(event); break;
        case EventKind::corporate_action: on_corporate_action(event); break;
        case EventKind::cash_flow:
            post(event);
            cash_flows_.push_back(event);
            break;
        case EventKind::timer:
        case EventKind::command:
        case EventKind::start:
        case EventKind::stop:
        case EventKind::none: break;
    }
}

void Session::on_bar_event(const Event& event) {
    const std::uint32_t i = event.instrument.value;
    portfolio_.mark(event.instrument, event.bar.close, event.ts_event);
    auto& window = history_[i];
    if (window.size() >= 4 * config_.history) {
        window.erase(window.begin(), window.end() - static_cast<std::ptrdiff_t>(config_.history));
    }
    window.emplace_back(event.instrument, event.ts_event, event.bar);
    ++bars_seen_[i];
    saw_data_ = true;
    desk_.on_bar(event.instrument, event.bar);
    in_order_ = fresh_.empty() || (in_order_ && fresh_.back() < event.instrument);
    fresh_.push_back(event.instrument);
}

void Session::deliver_bars() {
    // A loss that these bars made known binds the orders that they cause.
    watch_equity();
    if (!in_order_) { std::ranges::sort(fresh_); }  // one bar an instrument: ties do not exist
    const std::span<const ClosedBar> slice = gather_slice();
    for (std::size_t i = 0; i < strategies_.size(); ++i) {
        const StrategyId id{static_cast<std::uint16_t>(i)};
        if (warm_up_[i] == 0) {
            strategies_[i]->on_bars(context(id), slice);
        } else {
            deliver_warm_bars(id, slice);
        }
    }
    fresh_.clear();
    work_executions();
    after_batch();
}

// The newest bars side by side; a lone one is so already.
std::span<const ClosedBar> Session::gather_slice() {
    if (fresh_.size() == 1) { return std::span{history_[fresh_.front().value]}.last(1); }
    slice_.clear();
    for (const InstrumentId instrument : fresh_) { slice_.push_back(history_[instrument.value].back()); }
    return slice_;
}

// Of instruments that have shown enough bars: one that comes later does not hide the others.
void Session::deliver_warm_bars(StrategyId id, std::span<const ClosedBar> slice) {
    const auto is_warm = [&](const ClosedBar& bar) { return bars_seen_[bar.instrument.value] > warm_up_[id.value]; };
    if (std::ranges::all_of(slice, is_warm)) {
        strategies_[id.value]->on_bars(context(id), slice);
        return;
    }
    std::vector<ClosedBar> warm;
    std::ranges::copy_if(slice, std::back_inserter(warm), is_warm);
    if (!warm.empty()) { strategies_[id.value]->on_bars(context(id), warm); }
}

void Session::on_order_event(const Event& event) {
    if (event.report.step == OrderStep::replaced && observer_ != nullptr) {
        if (const model::Order* before = orders_.find(event.report.order)) { observer_->on_replaced(*before, event); }
    }
    const model::Order* order = orders_.on_report(event);
    if (order == nullptr) { return; }
    const model::Order now = *order;  // callbacks may create orders
    if (event.report.step == OrderStep::filled) {
        if (trades_at_open(event.report.rule)) { close_row(); }
        post(event);
        if (observer_ != nullptr) { observer_->on_fill(now, event); }
    }
    orders_.follow_up(event);
    if (!now.execution.is_none()) { desk_.on_order(now, event.report); }
    strategies_[now.strategy.value]->on_order(context(now.strategy), now, event.report);
    work_executions();
}

// Refusals and cancellations that never left the house reach the strategy like any other update.
void Session::deliver_outbox() {
    for (int rounds = 0; !orders_.outbox().empty(); ++rounds) {
        if (rounds > 1000) {
            throw OrderError(
                "A strategy answers every refusal with a new refused order, 1000 times at the same moment; "
                "check the reason in on_order before trying again.");
        }
        updates_.clear();
        updates_.swap(orders_.outbox());
        for (Event& update : updates_) {
            update.sequence = ++own_sequence_;
            journal_out(update);
            const model::Order order = *orders_.find(update.report.order);
            if (!order.execution.is_none()) { desk_.on_order(order, update.report); }
            strategies_[order.strategy.value]->on_order(context(order.strategy), order, update.report);
        }
        work_executions();
    }
}

void Session::advance(TimeNs to) {
    if (to == now_ && to < next_accrual_) { return; }  // the second and later events of one moment
    clock_.advance_to(to);
    now_ = clock_.now();
    if (to < next_accrual_) { return; }
    constexpr std::int64_t day = 86'400'000'000'000;
    next_accrual_ = TimeNs{(utc_day(to) + 1) * day};
    flows_.clear();
    portfolio_.accrue(to, flows_);
    for (Event& flow : flows_) { apply_own(flow); }
}

void Session::post(const Event& event) {
    portfolio_.apply(event);
    unseen_postings_ = true;
    if (observer_ != nullptr) { observer_->on_posting(event); }
}

void Session::fire_timer() {
    const PendingTimer timer = timers_.top();
    timers_.pop();
    if (const auto found = std::ranges::find(cancelled_timers_, timer.timer); found != cancelled_timers_.end()) {
        cancelled_timers_.erase(found);
        return;
    }
    Event event{EventKind::timer, no_instrument, timer.when, timer.when};
    event.timer.timer = timer.timer;
    event.timer.strategy = timer.strategy;
    event.sequence = timer.timer.value;
    ++events_;
    advance(timer.when);
    journal_out(event);
    if (timer.strategy == house) {
        desk_.on_wake(now_);
    } else {
        strategies_[timer.strategy.value]->on_timer(context(timer.strategy), timer.timer);
    }
    work_executions();
}

// ---- helpers -------------------------------------------------------------------------------------------------------

model::Venue& Session::venue_of(InstrumentId instrument) {
    return *venues_[config_.venue_of_instrument[instrument.value]];
}

strategy::Context& Session::context(StrategyId id) {
    strategy::Context& c = contexts_[id.value];
    c.set_now(now_);
    return c;
}

void Session::journal_in(const Event& event) {
    // Most events are bars: with a length that the compiler knows their hash has no loop.
    if (event.kind == EventKind::bar) {
        hash_.add_words(&event, model::event_header_size + model::payload_size(EventKind::bar));
    } else {
        hash_.add_words(&event, model::event_header_size + model::payload_size(event.kind));
    }
    if (journal_ != nullptr) [[unlikely]] { journal_->inbound(event); }
}

void Session::journal_out(const Event& event) {
    const std::size_t size = model::event_header_size + model::payload_size(event.kind);
    hash_.add_words(&event, size);
    outbound_hash_.add_words(&event, size);
    if (journal_ != nullptr) [[unlikely]] { journal_->outbound(event); }
}

}  // namespace walras::engine
