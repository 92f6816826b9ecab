// The two clocks: the recorded flow at the exchange, our commands between it, and what the engine says on its way to
// us.
#include "walras/backtest/reactive_venue.hpp"

#include <algorithm>
#include <utility>

#include "walras/core/error.hpp"

namespace walras::backtest {

using model::Event;
using model::Tick;

ReactiveVenue::ReactiveVenue(const model::Universe& universe, data::TickStream& ticks, BookVenueConfig config)
    : universe_(universe),
      stream_(ticks),
      config_(std::move(config)),
      line_(config_.latency, config_.seed),
      markets_(universe.size()) {
    if (!std::ranges::is_sorted(config_.session_closes)) {
        throw ConfigError("session_closes must be sorted by time.");
    }
}

ReactiveVenue::Market& ReactiveVenue::market_of(InstrumentId id) {
    std::unique_ptr<Market>& market = markets_[id.value];
    if (!market) [[unlikely]] {
        const model::Instrument& instrument = universe_.at(id);
        book::MatchingEngineConfig matching = book::MatchingEngineConfig::of(instrument);
        matching.max_quantity = book::MatchingEngineConfig{}.max_quantity;  // ours are limited by risk, others not
        matching.window_ticks = config_.window_ticks;
        market =
            std::make_unique<Market>(book::book_config(instrument, config_.window_ticks), matching, instrument, id);
    }
    return *market;
}

ReactiveVenue::Market* ReactiveVenue::market_of(const Tick& tick) {
    while (tick.instrument.value >= instruments_.size()) [[unlikely]] {
        const std::vector<std::string>& symbols = stream_.symbols();
        instruments_.push_back(universe_.find(symbols.at(instruments_.size())).value_or(no_instrument));
    }
    const InstrumentId id = instruments_[tick.instrument.value];
    return id == no_instrument ? nullptr : &market_of(id);
}

bool ReactiveVenue::pull() {
    if (ended_) { return false; }
    buffer_.clear();
    seen_ = 0;
    const std::span<const Tick> more = stream_.next();
    ended_ = more.empty();
    buffer_.assign(more.begin(), more.end());
    return !ended_;
}

// When this tick reaches us: never before the exchange had it, nor before the one before it.
TimeNs ReactiveVenue::local_of(const Tick& tick) {
    TimeNs local = std::max(tick.ts_init, std::max(exchange_clock_, tick.ts_event));
    if (config_.latency->delays_feed()) {
        local = local + config_.latency->feed({config_.seed, ticks_ + 1, tick.ts_init});
    }
    return std::max(last_local_, local);
}

TimeNs ReactiveVenue::next_local() {
    if (from_ != time_min) [[unlikely]] { begin_at(std::exchange(from_, time_min)); }
    if (!published_.empty()) { return published_.front().ts_init; }
    if (!packet_.empty()) { return packet_local_; }
    if (seen_ == buffer_.size() && !pull()) { return time_max; }
    if (predicted_ == time_min) { predicted_ = local_of(buffer_[seen_]); }
    return predicted_;
}

// When the exchange acts next: on its feed, on a command, on an expiry.
TimeNs ReactiveVenue::next_exchange() {
    TimeNs next = std::min(next_expiry_, line_.next_command());
    if (seen_ < buffer_.size() || pull()) { next = std::min(next, std::max(exchange_clock_, buffer_[seen_].ts_event)); }
    return next;
}

TimeNs ReactiveVenue::next_time() {
    const TimeNs next = std::min(next_local(), line_.next_report());
    return is_quiet() ? next : std::min(next, next_exchange());
}

void ReactiveVenue::show_exchange(const Tick& tick) {
    const TimeNs local = predicted_ != time_min ? std::exchange(predicted_, time_min) : local_of(tick);
    if (!packet_.empty() && local != packet_local_) { publish(); }  // a packet that nothing ended
    exchange_clock_ = std::max(exchange_clock_, tick.ts_event);
    now_ = std::max(now_, exchange_clock_);
    feed_delay_ = local - exchange_clock_;
    packet_local_ = last_local_ = local;
    ++ticks_;
    if (Market* market = market_of(tick)) {
        market->symbol = tick.instrument.value;
        apply(*market, tick);
    }
    if (tick.has(model::flag_last)) { publish(); }
}

// Everything that happens at the exchange up to `t`; its own data come before commands of the same time.
void ReactiveVenue::run_exchange_until(TimeNs t) {
    for (;;) {
        const TimeNs command = line_.next_command();
        const bool has_tick = seen_ < buffer_.size() || pull();
        const TimeNs tick = has_tick ? std::max(exchange_clock_, buffer_[seen_].ts_event) : time_max;
        const TimeNs next = std::min({command, tick, next_expiry_});
        if (next > t || next == time_max) {
            if (!has_tick || packet_local_ <= t) { publish(); }  // a packet that nothing ended
            return;
        }
        if (tick == next) {
            const std::size_t at = seen_++;
            show_exchange(buffer_[at]);
            continue;
        }
        publish();
        now_ = std::max(now_, next);
        // What we do now is seen after as long a way as the last recorded message had.
        packet_local_ = last_local_ = std::max(last_local_, now_ + feed_delay_);
        predicted_ = time_min;
        if (command == next) {
            receive(line_.take_command());
        } else {
            expire_until(next);
        }
        publish();
    }
}

std::size_t ReactiveVenue::poll(std::span<Event> out) {
    const TimeNs promised = next_time();
    if (promised == time_max) { return 0; }
    run_exchange_until(promised);
    if (line_.next_report() <= promised) {
        out.front() = line_.take_report();
        return 1;
    }
    std::size_t n = 0;
    while (n < out.size() && !published_.empty() && published_.front().ts_init <= promised) {
        const Tick& tick = published_.front();
        Event& event = out[n++];
        tick.copy_to(event);
        event.source = source();
        event.sequence = line_.next_sequence();
        const bool is_last = tick.has(model::flag_last);
        published_.pop_front();
        if (is_last) { break; }
    }
    return n;
}

// What was known before `from` becomes one snapshot of each book.
void ReactiveVenue::begin_at(TimeNs from) {
    is_silent_ = true;
    while (seen_ < buffer_.size() || pull()) {
        if (buffer_[seen_].ts_init >= from) { break; }
        const std::size_t at = seen_++;
        show_exchange(buffer_[at]);
    }
    is_silent_ = false;
    packet_.clear();
    published_.clear();
    last_local_ = packet_local_ = std::max(from, last_local_);
    for (const std::unique_ptr<Market>& market : markets_) {
        if (!market || market->feed == Feed::quotes) { continue; }
        book::append_snapshot(market->shown, market->id, from, packet_);
        for (Tick& tick : packet_) { tick.ts_event = std::min(tick.ts_event, exchange_clock_); }
        publish();
    }
    predicted_ = time_min;
}

void ReactiveVenue::trade_at_end() {
    at_end_ = true;
    line_.stop_delays();
}

}  // namespace walras::backtest
