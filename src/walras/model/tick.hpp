// A Tick is what a feed says about a market: a book delta, a quote or a trade, in 64 bytes. It is the first half of an
// Event with the same layout, so that files and columns of ticks need half the memory and become events by a copy.
//
// `ts_event` is the exchange's stamp, `ts_init` when it reached us; `sequence` is the feed's own number, where it has
// one. Streams of ticks are in the order in which they reached us: ts_init never decreases.
#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>

#include "walras/model/event.hpp"

namespace walras::model {

struct alignas(64) Tick {
    EventKind kind = EventKind::none;  // book_delta, quote or trade
    std::uint8_t flags = 0;
    SourceId source{};
    InstrumentId instrument{};
    TimeNs ts_event{};
    TimeNs ts_init{};
    std::uint64_t sequence = 0;
    union {
        unsigned char bytes[32];
        BookDelta delta;
        Quote quote;
        Trade trade;
    };

    Tick() : bytes{} {}
    Tick(EventKind k, InstrumentId i, TimeNs event_time, TimeNs init_time)
        : kind(k), instrument(i), ts_event(event_time), ts_init(init_time), bytes{} {}

    [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
    // Writes the event; the unused half of its payload is left as it is.
    void copy_to(Event& event) const { std::memcpy(static_cast<void*>(&event), this, sizeof *this); }
};
static_assert(sizeof(Tick) == 64 && std::is_trivially_copyable_v<Tick>);
static_assert(offsetof(Tick, bytes) == offsetof(Event, bytes) && offsetof(Tick, sequence) == offsetof(Event, sequence));
static_assert(sizeof(BookDelta) <= 32 && sizeof(Quote) <= 32 && sizeof(Trade) <= 32);

}  // namespace walras::model
