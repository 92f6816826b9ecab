// The two clocks: what the exchange sees, what reaches us, and when.
#include "walras/backtest/book_venue.hpp"

#include <algorithm>
#include <utility>

#include "walras/core/error.hpp"

namespace walras::backtest {

using model::Event;
using model::Tick;

BookVenue::BookVenue(const model::Universe& universe, data::TickStream& ticks, BookVenueConfig config)
    : universe_(universe),
      stream_(ticks),
      config_(std::move(config)),
      markets_(universe.size()),
      line_(config_.latency, config_.seed) {
    if (!std::ranges::is_sorted(config_.session_closes)) {
        throw ConfigError("session_closes must be sorted by time.");
    }
}

BookVenue::Market& BookVenue::market_of(InstrumentId id) {
    Market& market = markets_[id.value];
    if (!market.book) [[unlikely]] { market.book.emplace(book::book_config(universe_.at(id), config_.window_ticks)); }
    return market;
}

// Nothing trades: the book is not whole, or the exchange has halted.
bool BookVenue::is_idle(const Market& market) const {
    const model::BookState state = market.book->state();
    return (state == model::BookState::resyncing || state == model::BookState::halted) && !at_end_;
}

InstrumentId BookVenue::instrument_of(const Tick& tick) {
    while (tick.instrument.value >= instruments_.size()) [[unlikely]] {
        const std::vector<std::string>& symbols = stream_.symbols();
        instruments_.push_back(universe_.find(symbols.at(instruments_.size())).value_or(no_instrument));
    }
    return instruments_[tick.instrument.value];
}

// ---- what is at hand of the stream

// More ticks behind the buffer; false at the end of the stream.
bool BookVenue::pull() {
    if (ended_) { return false; }
    if (front_ == buffer_.size()) {
        buffer_.clear();
        front_ = seen_ = 0;
    } else if (front_ >= buffer_.size() / 2 && front_ >= codec::TickDecoder::chunk) {
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(front_));
        seen_ -= front_;
        front_ = 0;
    }
    const std::span<const Tick> more = stream_.next();
    ended_ = more.empty();
    buffer_.insert(buffer_.end(), more.begin(), more.end());
    return !ended_;
}

// When the first tick that has not reached us does so: never before the exchange had it, nor before the one before it.
TimeNs BookVenue::next_local() {
    if (from_ != time_min) [[unlikely]] { begin_at(std::exchange(from_, time_min)); }
    if (local_ != time_min) { return local_; }
    if (front_ == buffer_.size() && !pull()) { return time_max; }
    const Tick& tick = buffer_[front_];
    shown_clock_ = std::max(shown_clock_, tick.ts_event);
    TimeNs local = std::max(tick.ts_init, shown_clock_);
    if (config_.latency->delays_feed()) {
        local = local + config_.latency->feed({config_.seed, ticks_ + 1, tick.ts_init});
    }
    local_ = std::max(last_local_, local);
    return local_;
}

// When the exchange acts next: on its feed, on a command, on an expiry.
TimeNs BookVenue::next_exchange() {
    TimeNs next = std::min(next_expiry_, line_.next_command());
    if (seen_ < buffer_.size() || pull()) { next = std::min(next, std::max(exchange_clock_, buffer_[seen_].ts_event)); }
    return next;
}

TimeNs BookVenue::next_time() {
    const TimeNs next = std::min(next_local(), line_.next_report());
    // While nothing of ours is there, what the exchange does in between is nobody's business yet.
    return is_quiet() ? next : std::min(next, next_exchange());
}

std::size_t BookVenue::poll(std::span<Event> out) {
    const TimeNs promised = next_time();
    if (promised == time_max) { return 0; }
    if (!is_quiet()) { run_exchange_until(promised); }
    if (line_.next_report() <= promised) {
        out.front() = line_.take_report();
        return 1;
    }
    return next_local() == promised ? deliver_ticks(out, promised) : 0;
}

void BookVenue::show_exchange(const Tick& tick) {
    exchange_clock_ = std::max(exchange_clock_, tick.ts_event);
    now_ = std::max(now_, exchange_clock_);
    const InstrumentId id = instrument_of(tick);
    if (id != no_instrument) { apply(market_of(id), tick); }
}

// Everything that happens at the exchange up to `t`; its own data come before commands of the same time.
void BookVenue::run_exchange_until(TimeNs t) {
    for (;;) {
        const TimeNs command = line_.next_command();
        const bool has_tick = seen_ < buffer_.size() || pull();
        const TimeNs tick = has_tick ? std::max(exchange_clock_, buffer_[seen_].ts_event) : time_max;
        const TimeNs next = std::min({command, tick, next_expiry_});
        if (next > t || next == time_max) { return; }
        if (tick == next) {
            show_exchange(buffer_[seen_++]);
        } else if (command == next) {
            const model::ExchangeLine::Message message = line_.take_command();
            now_ = std::max(now_, message.arrival);
            receive(message);
        } else {
            expire_until(next);
        }
    }
}

// One packet of the feed, or what fits.
std::size_t BookVenue::deliver_ticks(std::span<Event> out, TimeNs t) {
    std::size_t n = 0;
    while (n < out.size() && next_local() == t) {
        const std::size_t at = front_++;
        while (seen_ < front_) { show_exchange(buffer_[seen_++]); }
        last_local_ = t;
        local_ = time_min;
        ++ticks_;
        const Tick& tick = buffer_[at];
        const InstrumentId id = instrument_of(tick);
        if (id == no_instrument) { continue; }
        Event& event = out[n++];
        tick.copy_to(event);
        event.source = source();
        event.instrument = id;
        event.ts_init = t;
        event.sequence = line_.next_sequence();
        if (tick.has(model::flag_last)) { break; }
    }
    return n;
}

// What was known before `from` becomes one snapshot of each book.
void BookVenue::begin_at(TimeNs from) {
    for (;;) {
        if (front_ == buffer_.size() && !pull()) { break; }
        if (buffer_[front_].ts_init >= from) { break; }
        show_exchange(buffer_[front_++]);
        seen_ = front_;
    }
    std::vector<Tick> begin;
    for (std::uint32_t symbol = 0; symbol < instruments_.size(); ++symbol) {
        const InstrumentId id = instruments_[symbol];
        if (id == no_instrument || !markets_[id.value].book) { continue; }
        book::append_snapshot(*markets_[id.value].book, InstrumentId{symbol}, from, begin);
    }
    for (Tick& tick : begin) { tick.ts_event = std::min(tick.ts_event, exchange_clock_); }
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(front_));
    buffer_.insert(buffer_.begin(), begin.begin(), begin.end());
    front_ = 0;
    seen_ = begin.size();
}

}  // namespace walras::backtest
