// Candles of so many ticks, folded out of trades as they come. Where nothing was traded there is no candle.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "walras/store/recorder.hpp"

namespace walras::store {

// Candle k of n ticks holds the ticks k n + 1 .. (k + 1) n.
class CandleMaker {
public:
    CandleMaker(std::uint64_t ticks, std::size_t symbols, TimeNs start);

    void add(const RecordedTrade& trade);
    // The tick is over; hands what it completes to `done(const RecordedCandle&)`.
    void end_tick(std::uint64_t tick, TimeNs ts, auto&& done) {
        now_ = ts;
        if (tick % ticks_ == 0) {
            hand_out(done);
            opened_ = ts;
        }
    }
    // What has begun and is not complete.
    void hand_out(auto&& done) {
        for (RecordedCandle& candle : open_) {
            if (candle.trades == 0) { continue; }
            candle.close_time = now_;
            done(candle);
            candle.trades = 0;
        }
    }

private:
    std::uint64_t ticks_;
    TimeNs opened_;
    TimeNs now_;
    std::vector<RecordedCandle> open_;  // by symbol; no trades: not begun
};

}  // namespace walras::store
