// The phases of a trading day, and which way one leads to the next.
//
//   closed -> pre_open -> auction(opening) -> continuous -> auction(closing) -> closed
//                              continuous -> auction(volatility) -> continuous
//                              pre_open, auction, continuous -> halted -> where it came from, or an auction
//
// pre_open and auction collect orders without matching them; auction has an indicative price and ends by uncrossing.
// continuous matches at once. halted takes cancels only. closed takes cancels only, until the next day.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace walras::book {

enum class TradingPhase : std::uint8_t { pre_open, auction, continuous, halted, closed };
enum class AuctionKind : std::uint8_t { opening, closing, volatility };

std::string_view to_string(TradingPhase);
std::string_view to_string(AuctionKind);
std::optional<TradingPhase> parse_trading_phase(std::string_view);
std::optional<AuctionKind> parse_auction_kind(std::string_view);

// Orders are collected, not matched: the book may be crossed, and market orders rest.
constexpr bool is_call(TradingPhase phase) { return phase == TradingPhase::pre_open || phase == TradingPhase::auction; }

}  // namespace walras::book
