// Bytes of a feed to ticks, a piece at a time: one decoder for each format, all behind this port.
//
// A decoder keeps what the format needs between messages (symbols, the last sequence number) and nothing that grows
// with the length of the input. It knows symbols, not instruments: a tick's `instrument` is the symbol's index in
// `symbols()`. Broken input is a DataError with source, place, fact and remedy.
//
//   std::vector<model::Tick> ticks;
//   while (source.has_more()) { source.consume(decoder.decode(source.view(), source.at_end(), ticks)); use(ticks);
//   ticks.clear(); }
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "walras/model/tick.hpp"

namespace walras::codec {

// From this wall time on, UTC is the wall time and this.
struct UtcShift {
    TimeNs from{};
    DurationNs add{};
};

struct TickOptions {
    std::string source = "ticks";               // named in errors
    std::int64_t lot_size = core::fixed_scale;  // units of 1e-9 in one lot: sizes become whole lots, or a DataError
    std::vector<std::string> symbols{};         // only these; empty: all
    std::int64_t date = 0;                      // midnight that times of day count from, ns UTC (ITCH, LOBSTER)
    std::vector<UtcShift> zone{};               // for dates with a wall time, by time; empty: UTC (LEAN)
    DurationNs feed_delay{};                    // ts_init = ts_event + this, where the format has no receive stamp
};

class TickDecoder {
public:
    TickDecoder() = default;
    TickDecoder(const TickDecoder&) = delete;
    TickDecoder& operator=(const TickDecoder&) = delete;
    virtual ~TickDecoder() = default;

    // A decoder stops after the message with which `out` holds this many ticks or more.
    static constexpr std::size_t chunk = 4096;

    // Appends the ticks of the whole messages at the front of `bytes` and returns how many bytes they were. A message
    // that is cut off stays for the next call, which gives it again with what follows; `is_end`: nothing follows.
    virtual std::size_t decode(std::span<const std::byte> bytes, bool is_end, std::vector<model::Tick>& out) = 0;

    // In the order in which they first appeared.
    [[nodiscard]] virtual const std::vector<std::string>& symbols() const = 0;
};

using TickDecoderPtr = std::unique_ptr<TickDecoder>;

}  // namespace walras::codec
