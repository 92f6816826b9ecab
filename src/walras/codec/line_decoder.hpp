// What decoders of text have in common: whole lines out of pieces, their numbers, and errors that name the place.
//
// One decoder reads one file from its beginning. A line that is cut off waits for the next piece.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "walras/codec/tick_decoder.hpp"

namespace walras::codec {

class LineDecoder : public TickDecoder {
public:
    std::size_t decode(std::span<const std::byte> bytes, bool is_end, std::vector<model::Tick>& out) final;
    [[nodiscard]] const std::vector<std::string>& symbols() const override { return symbols_; }

protected:
    // `looks_ahead`: a line is read when the one behind it is known (`following`).
    explicit LineDecoder(TickOptions options, bool looks_ahead = false);

    // One line without its end and without a carriage return. text_padding bytes behind it can be read.
    virtual void read(std::string_view line, std::vector<model::Tick>& out) = 0;

    [[noreturn]] void fail(const std::string& fact, const std::string& remedy) const;
    // The instrument of a symbol, with its next index where it is new; `nobody` where the options leave it out.
    static constexpr InstrumentId nobody{UINT32_MAX};
    InstrumentId instrument_of(std::string_view symbol);
    // Streams are in the order in which they reached us; fails where a line is not.
    void keep_order(TimeNs ts_init);

    [[nodiscard]] const TickOptions& options() const { return options_; }
    [[nodiscard]] std::uint64_t line() const { return line_; }
    [[nodiscard]] std::string_view following() const { return following_; }

private:
    TickOptions options_;
    bool looks_ahead_;
    std::uint64_t line_ = 0;
    TimeNs last_{INT64_MIN};
    std::string_view following_;
    std::string padded_;
    std::vector<std::string> symbols_;
    std::vector<std::pair<std::string, InstrumentId>> known_;  // sorted
    std::pair<std::string, InstrumentId> latest_{"", nobody};
};

}  // namespace walras::codec
