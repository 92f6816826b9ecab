// The clockwork: what happens next, and in which stage.
#include "walras/backtest/replay_venue.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "walras/backtest/replay_rules.hpp"
#include "walras/core/error.hpp"

namespace walras::backtest {

using model::Event;
using model::EventKind;

ReplayVenue::ReplayVenue(const model::Universe& universe, ReplayConfig config)
    : universe_(universe), config_(std::move(config)), markets_(universe.size()) {
    if (!std::ranges::is_sorted(config_.session_closes)) {
        throw ConfigError("session_closes must be sorted by time.");
    }
    if (config_.fill_at == FillAt::this_close && config_.latency->order({config_.seed, 1, {}}).ns > 0) {
        throw ConfigError(
            "fill_at = this_close needs an order latency of zero: an order that travels arrives after the "
            "close; use next_open or next_close.");
    }
}

void ReplayVenue::add(const data::BarSeries& bars) {
    Market& market = markets_[bars.instrument().value];
    if (market.bars) {
        throw ConfigError(
            fmt::format("Instrument {} has two series of bars at one venue; give one of them another name.",
                        universe_.at(bars.instrument()).name()));
    }
    market.bars = merge_.add(bars);
    market.closes_only = bars.closes_only();
}

void ReplayVenue::add(const data::QuoteSeries& quotes) {
    markets_[quotes.instrument().value].has_quotes = true;
    merge_.add(quotes);
}

void ReplayVenue::add(const data::MarkSeries& marks) { merge_.add(marks); }
void ReplayVenue::add(const data::ActionSeries& actions) { merge_.add(actions); }

TimeNs ReplayVenue::start_time() {
    start_ = merge_.next_time();
    for (const Market& market : markets_) {
        if (!market.bars || market.closes_only || market.has_quotes) { continue; }
        if (const data::TimedBar* bar = merge_.peek_bar(*market.bars)) {
            start_ = std::min(start_, bar->value.open_time);
        }
    }
    return start_;
}

// One line to the venue: a message never overtakes the one before it. What is sent as the world begins waits there for
// the first event.
TimeNs ReplayVenue::arrival_of(std::uint64_t message, TimeNs now) {
    const bool begins = now_ == time_min && now <= start_;
    const DurationNs delay = begins ? DurationNs{} : config_.latency->order({config_.seed, message, now});
    last_arrival_ = std::max(last_arrival_, now + delay);
    return last_arrival_;
}

// ---- commands: under way until they arrive
// ---------------------------------------------------------------------------

void ReplayVenue::submit(const model::Approved<model::Order>& order, TimeNs now) {
    Message message;
    message.number = ++messages_;
    message.arrival = std::erase(priced_, order->id) > 0 ? now : arrival_of(message.number, now);
    message.heard = heard_;
    message.kind = Message::Kind::submit;
    message.order = *order;
    last_id_ = std::max(last_id_, order->id);
    inbox_.push(message);
}

void ReplayVenue::replace(const model::Approved<model::Replace>& replace, TimeNs now) {
    Message message;
    message.number = ++messages_;
    message.arrival = arrival_of(message.number, now);
    message.heard = heard_;
    message.kind = Message::Kind::replace;
    message.change = *replace;
    inbox_.push(message);
}

void ReplayVenue::cancel(OrderId order, TimeNs now) {
    Message message;
    message.number = ++messages_;
    message.arrival = arrival_of(message.number, now);
    message.kind = Message::Kind::cancel;
    message.change.order = order;
    inbox_.push(message);
}

void ReplayVenue::request_price(InstrumentId instrument, OrderId order, TimeNs now) {
    Message message;
    message.number = ++messages_;
    message.arrival = arrival_of(message.number, now);
    message.kind = Message::Kind::price;
    message.order.id = order;
    message.order.terms.instrument = instrument;
    last_id_ = std::max(last_id_, order);
    inbox_.push(message);
}

// ---- the clockwork
// ---------------------------------------------------------------------------------------------------

FillAt ReplayVenue::fill_at(const Market& market) const {
    if (market.closes_only && config_.fill_at != FillAt::this_close) { return FillAt::next_close; }
    return config_.fill_at;
}

// Open of the earliest coming bar that somebody waits for; time_max if there is none.
TimeNs ReplayVenue::next_opening() {
    TimeNs earliest = time_max;
    for (const InstrumentId id : waiting_) {
        Market& market = markets_[id.value];
        if (!market.bars || market.opened || market.closes_only || market.has_quotes) { continue; }
        if (const data::TimedBar* bar = merge_.peek_bar(*market.bars)) {
            earliest = std::min(earliest, bar->value.open_time);
        }
    }
    return earliest;
}

// When the exchange acts next, our commands included.
TimeNs ReplayVenue::exchange_time() {
    if (stage_ != Stage::idle || quote_wanted_) { return now_; }
    TimeNs next = merge_.next_time();
    if (!inbox_.empty()) { next = std::min(next, inbox_.top().arrival); }
    if (!waiting_.empty()) {
        next = std::min(next, std::max(next_opening(), now_));
        next = std::min(next, next_expiry_);
        if (end_price_ || (after_close_ && has_work_at_close())) { next = std::min(next, now_); }
    }
    return next;
}

TimeNs ReplayVenue::next_time() {
    if (is_quiet()) { return merge_.next_time(); }
    const TimeNs exchange = exchange_time();
    return outbox_.empty() ? exchange : std::min(exchange, outbox_.top().ts_init);
}

std::size_t ReplayVenue::poll(std::span<Event> out) {
    if (is_quiet() && merge_.next_time() != time_max) { return show_next(out); }
    // Not beyond the time that `next_time` promised: an opening that trades nothing is no event, and a timer may come
    // before the next one.
    const TimeNs promised = next_time();
    for (;;) {
        const TimeNs exchange = exchange_time();
        if (!outbox_.empty() && outbox_.top().ts_init <= exchange) {
            out.front() = outbox_.top();
            outbox_.pop();
            if (out.front().kind == EventKind::order) { heard_ = out.front().sequence; }
            return 1;
        }
        if (exchange == time_max || exchange > promised) { return 0; }
        if (const std::size_t n = advance(out); n > 0) { return n; }
    }
}

void ReplayVenue::take_slice() {
    slice_ = &merge_.next();
    now_ = slice_->time;
    shown_ = 0;
    quote_cursor_ = 0;
}

// Nobody trades: the slice's quotes stand, its bars are the current ones, and nothing of their volume is used.
void ReplayVenue::begin_quiet_slice() {
    for (const data::QuoteRef& quote : slice_->quotes) { set_quote(markets_[quote.instrument.value], quote->value); }
    for (const data::BarRef& bar : slice_->bars) {
        Market& market = markets_[bar.instrument.value];
        market.current = bar.row;
        market.volume_left = Quantity{-1};
    }
    begin_stage(Stage::bars);
}

// Nobody trades: the next slice is only shown.
std::size_t ReplayVenue::show_next(std::span<Event> out) {
    take_slice();
    const std::size_t bars = slice_->bars.size();
    const bool only_bars = slice_->actions.empty() && slice_->quotes.empty() && slice_->trades.empty() &&
                           slice_->marks.empty() && bars <= out.size();
    if (only_bars) { return show_bars(out); }
    begin_quiet_slice();
    return show_slice(out);
}

// What happens most, in one pass: nobody trades, and the slice has nothing but bars, for all of which there is room.
std::size_t ReplayVenue::show_bars(std::span<Event> out) {
    const std::span<const data::BarRef> bars = slice_->bars;
    for (std::size_t i = 0; i < bars.size(); ++i) {
        const data::TimedBar* row = bars[i].row;
        Market& market = markets_[bars[i].instrument.value];
        market.current = row;
        market.volume_left = Quantity{-1};
        end_bar(market, row);
        const std::uint8_t flags = i + 1 == bars.size() ? model::flag_last : 0;
        begin_event(out[i], EventKind::bar, flags, bars[i].instrument, row->ts).bar = row->value;
    }
    shown_ = bars.size();
    end_slice();
    return bars.size();
}

// One small step of the exchange. Returns how many events it wrote itself; reports go to the outbox.
std::size_t ReplayVenue::advance(std::span<Event> out) {
    if (!inbox_.empty() && inbox_.top().arrival <= exchange_time()) {
        const Message message = inbox_.top();
        inbox_.pop();
        now_ = std::max(now_, message.arrival);
        receive(message);
        return 0;
    }
    if (quote_wanted_) {  // when all that arrives now has arrived: what one intent frees another may need
        announce_quotes();
        return 0;
    }
    switch (stage_) {
        case Stage::idle: begin_next(); return 0;
        case Stage::opening:
            if (!run_opening()) { begin_stage(slice_->bars.empty() ? Stage::idle : Stage::ranging); }
            return 0;
        case Stage::ranging:
            if (!run_ranging()) { begin_stage(Stage::closing); }
            return 0;
        case Stage::closing:
            if (!run_closing()) { begin_stage(Stage::quoting); }
            return 0;
        case Stage::quoting:
            if (!run_quoting()) { begin_stage(Stage::bars); }
            return 0;
        case Stage::bars: return show_slice(out);
        case Stage::closed:
            if (!(end_price_ ? run_end() : run_closed())) { begin_stage(Stage::idle); }
            return 0;
    }
    return 0;
}

void ReplayVenue::begin_stage(Stage stage) {
    stage_ = stage;
    stage_last_id_ = last_id_;
    price_rounds_ = 0;
}

// The coming bar's open is over for whoever comes later than it.
void ReplayVenue::pass_open(Market& market, TimeNs now) {
    if (!market.bars || market.opened || market.closes_only || market.has_quotes) { return; }
    const data::TimedBar* bar = merge_.peek_bar(*market.bars);
    if (bar == nullptr || bar->value.open_time >= now) { return; }
    market.opened = true;
    market.current = bar;
    market.volume_left = Quantity{-1};
    market.at = bar->value.open;
    market.leg = 0;
}

// this_close: somebody wants the close that was just shown.
bool ReplayVenue::has_work_at_close() const {
    return std::ranges::any_of(slice_->bars, [&](const data::BarRef& bar) {
        const Market& market = markets_[bar.instrument.value];
        const auto in_time = [&](OrderId id) { return close_last_id_.is_none() || id <= close_last_id_; };
        return !market.has_quotes && (std::ranges::any_of(market.wanted, in_time) ||
                                      std::ranges::any_of(market.orders, [&](std::uint32_t slot) {
                                          return is_market_like(orders_[slot]) && in_time(orders_[slot].id);
                                      }));
    });
}

// Chooses what happens next: data first, then openings, then expiries.
void ReplayVenue::begin_next() {
    if (!waiting_.empty() && (end_price_ || (after_close_ && has_work_at_close()))) {
        begin_stage(Stage::closed);
        if (close_last_id_.is_none()) { close_last_id_ = last_id_; }
        stage_last_id_ = close_last_id_;
        return;
    }
    after_close_ = false;
    const TimeNs slice = merge_.next_time();
    const TimeNs opening = waiting_.empty() ? time_max : std::max(next_opening(), now_);
    if (next_expiry_ < std::min(slice, opening)) {
        expire_until(next_expiry_);
        return;
    }
    playing_.clear();
    if (opening < slice) {
        now_ = opening;
        slice_ = &no_slice;
        const auto count = static_cast<std::uint32_t>(markets_.size());
        for (std::uint32_t i = 0; i < count; ++i) {
            Market& market = markets_[i];
            if (!market.bars || market.opened || market.closes_only || market.has_quotes) { continue; }
            const data::TimedBar* bar = merge_.peek_bar(*market.bars);
            if (bar == nullptr || bar->value.open_time > now_) { continue; }
            market.current = bar;
            market.volume_left = Quantity{-1};
            market.at = bar->value.open;  // what trails starts from here, whatever the bar before left
            market.leg = 0;
            playing_.push_back(InstrumentId{i});
        }
        expire_until(TimeNs{now_.ns - 1});
        begin_stage(Stage::opening);
        return;
    }
    take_slice();
    if (waiting_.empty()) {
        begin_quiet_slice();
        return;
    }
    expire_until(TimeNs{now_.ns - 1});
    bool unopened = false;
    for (const data::BarRef& bar : slice_->bars) {
        Market& market = markets_[bar.instrument.value];
        if (market.current != bar.row) {
            market.current = bar.row;
            market.volume_left = Quantity{-1};
            market.at = bar->value.open;
            market.leg = 0;
        }
        if (!market.opened && bar->value.open_time >= now_) {
            unopened = true;
        } else {
            market.opened = true;
        }
        playing_.push_back(bar.instrument);
    }
    // A bar that opens at its own close has its opening here.
    begin_stage(unopened ? Stage::opening : (playing_.empty() ? Stage::quoting : Stage::ranging));
}

// A header; the caller writes the payload. Only a payload's own bytes are ever read, so that the rest of the slot may
// keep what it had.
Event& ReplayVenue::begin_event(Event& event, EventKind kind, std::uint8_t flags, InstrumentId instrument, TimeNs ts) {
    event.set_header(kind, flags, source(), instrument);
    event.ts_event = ts;
    event.ts_init = now_;
    event.sequence = ++sequence_;
    return event;
}

// Shows the slice: corporate actions, quotes, trades, marks, bars. What does not fit is shown by the next call.
std::size_t ReplayVenue::show_slice(std::span<Event> out) {
    std::size_t n = 0;
    std::size_t index = 0;
    const auto show = [&](EventKind kind, const auto& rows, auto Event::* payload) {
        for (const auto& row : rows) {
            if (index++ < shown_) { continue; }
            if (n == out.size()) { return; }
            begin_event(out[n++], kind, 0, row.instrument, row->ts).*payload = row->value;
        }
    };
    const std::size_t total = slice_->actions.size() + slice_->quotes.size() + slice_->trades.size() +
                              slice_->marks.size() + slice_->bars.size();
    if (slice_->bars.size() != total) {
        show(EventKind::corporate_action, slice_->actions, &Event::action);
        show(EventKind::quote, slice_->quotes, &Event::quote);
        show(EventKind::trade, slice_->trades, &Event::trade);
        show(EventKind::mark, slice_->marks, &Event::mark);
    }
    show(EventKind::bar, slice_->bars, &Event::bar);
    shown_ += n;
    if (shown_ >= total) {
        if (n > 0) { out[n - 1].flags = model::flag_last; }
        for (const data::ActionRef& action : slice_->actions) { change_positions(action.instrument, action->value); }
        for (const data::BarRef& bar : slice_->bars) { end_bar(markets_[bar.instrument.value], bar.row); }
        end_slice();
    }
    return n;
}

void ReplayVenue::end_bar(Market& market, const data::TimedBar* bar) {
    market.last = bar;
    market.last_price = bar->value.close;
    market.opened = false;
}

void ReplayVenue::end_slice() {
    expire_until(now_);
    std::erase_if(waiting_, [&](InstrumentId id) {
        return markets_[id.value].orders.empty() && markets_[id.value].wanted.empty();
    });
    after_close_ = config_.fill_at == FillAt::this_close && !slice_->bars.empty();
    close_last_id_ = OrderId{};
    begin_stage(Stage::idle);
}

}  // namespace walras::backtest
