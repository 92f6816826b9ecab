// Ticks in the order in which they reached us, a chunk at a time: from a file of any length in flat memory, or from
// columns that are there already.
//
// One thread owns a stream. `rewind` begins again: two readers of one stream give the same ticks.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "walras/codec/tick_decoder.hpp"
#include "walras/model/tick.hpp"

namespace walras::data {

class TickStream {
public:
    TickStream() = default;
    TickStream(const TickStream&) = delete;
    TickStream& operator=(const TickStream&) = delete;
    virtual ~TickStream() = default;

    // The next ticks, valid until the next call; empty at the end.
    virtual std::span<const model::Tick> next() = 0;
    virtual void rewind() = 0;
    // Tick::instrument indexes these, in the order in which they first appeared so far.
    [[nodiscard]] virtual const std::vector<std::string>& symbols() const = 0;
    // How far it is, 0 to 1.
    [[nodiscard]] virtual double progress() const = 0;
};

using TickStreamPtr = std::unique_ptr<TickStream>;

// Borrows the ticks.
TickStreamPtr memory_ticks(std::span<const model::Tick> ticks, std::vector<std::string> symbols,
                           std::string source = "ticks");

// Opens a file in one of the formats that `tick_formats` names ("itch", "dbn", "lobster", "binance", ...); "" guesses
// from name and first bytes. Throws DataError.
TickStreamPtr open_ticks(const std::filesystem::path& path, std::string_view format, codec::TickOptions options);
std::span<const std::string_view> tick_formats();

// The quotes, trades and book deltas that a journal (codec/journal.hpp) says a session was told; `symbols` are its
// instruments in order, later ones are "INSTRUMENT-n". Throws DataError where the file stops being whole.
TickStreamPtr open_journal_ticks(const std::filesystem::path& path, std::vector<std::string> symbols);
// What a journal says of itself, without reading what follows.
std::string journal_metadata(const std::filesystem::path& path);

// A part of a stream: from <= ts_init < until, and only these symbols ("BAC" is also all of "BAC@N", "BAC@P"; none:
// all). `name`, where it is not empty, is what the stream's one symbol is called.
struct TickSelection {
    TimeNs from = time_min;
    TimeNs until = time_max;
    std::vector<std::string> symbols{};
    std::string name{};
};
TickStreamPtr select_ticks(TickStreamPtr stream, TickSelection selection);

// Several streams as one, ordered by ts_init, then by their order here. Symbols become one list; equal names are one.
TickStreamPtr merge_ticks(std::vector<TickStreamPtr> streams);

}  // namespace walras::data
