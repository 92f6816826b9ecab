// Why an order was filled when it was: what a BookVenue noted of one order, and the same in sentences.
#pragma once

#include <string>
#include <vector>

#include "walras/core/fixed.hpp"
#include "walras/core/time.hpp"
#include "walras/model/instrument.hpp"

namespace walras::backtest {

enum class NoteKind : std::uint8_t {
    arrived,         // the exchange has it; `lots` its size
    took,            // it traded `lots` against the level at `price`
    joined,          // it rests behind `ahead` lots
    advanced,        // a trade of `lots` at its price: `ahead` are before it now
    canceled_ahead,  // the level shrank by `lots` without a trade: `ahead` are before it now
    passed,          // the market traded or quoted through its price, at `price`
    reached,         // the queue before it was used up; `lots` of a trade were left for it
    triggered,       // the market touched its trigger at `price`
    filled,          // `lots` at `price`
    replaced,
    ended,  // canceled or expired with `lots` left
};
std::string_view to_string(NoteKind);

struct FillNote {
    TimeNs ts{};  // the exchange's
    InstrumentId instrument{};
    NoteKind kind{};
    Price price{};
    double lots = 0;
    double ahead = 0;
    Price bid{}, ask{};  // the exchange's book at that time
};

// One sentence a note, in the order of time; sizes in units of the instrument.
std::vector<std::string> explain(const std::vector<FillNote>& notes, const model::Instrument& instrument);

}  // namespace walras::backtest
