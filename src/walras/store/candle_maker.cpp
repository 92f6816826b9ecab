#include "walras/store/candle_maker.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace walras::store {

CandleMaker::CandleMaker(std::uint64_t ticks, std::size_t symbols, TimeNs start)
    : ticks_(ticks), opened_(start), now_(start) {
    const std::string name = fmt::format("{} ticks", ticks);
    for (std::size_t s = 0; s < symbols; ++s) {
        RecordedCandle candle;
        candle.timeframe = name;
        candle.symbol = static_cast<std::uint32_t>(s);
        open_.push_back(candle);
    }
}

void CandleMaker::add(const RecordedTrade& trade) {
    RecordedCandle& candle = open_[trade.symbol];
    if (candle.trades == 0) {
        candle.tick = trade.tick == 0 ? 0 : (trade.tick - 1) / ticks_ * ticks_ + 1;
        candle.open_time = opened_;
        candle.open = candle.high = candle.low = trade.price;
        candle.volume = 0;
    }
    candle.high = std::max(candle.high, trade.price);
    candle.low = std::min(candle.low, trade.price);
    candle.close = trade.price;
    candle.volume += trade.quantity;
    ++candle.trades;
}

}  // namespace walras::store
