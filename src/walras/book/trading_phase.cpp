#include "walras/book/trading_phase.hpp"

namespace walras::book {

std::string_view to_string(TradingPhase value) {
    switch (value) {
        case TradingPhase::pre_open: return "pre_open";
        case TradingPhase::auction: return "auction";
        case TradingPhase::continuous: return "continuous";
        case TradingPhase::halted: return "halted";
        case TradingPhase::closed: return "closed";
    }
    return "unknown";
}

std::string_view to_string(AuctionKind value) {
    switch (value) {
        case AuctionKind::opening: return "opening";
        case AuctionKind::closing: return "closing";
        case AuctionKind::volatility: return "volatility";
    }
    return "unknown";
}

std::optional<TradingPhase> parse_trading_phase(std::string_view text) {
    using enum TradingPhase;
    for (const TradingPhase value : {pre_open, auction, continuous, halted, closed}) {
        if (to_string(value) == text) { return value; }
    }
    return std::nullopt;
}

std::optional<AuctionKind> parse_auction_kind(std::string_view text) {
    using enum AuctionKind;
    for (const AuctionKind value : {opening, closing, volatility}) {
        if (to_string(value) == text) { return value; }
    }
    return std::nullopt;
}

}  // namespace walras::book
