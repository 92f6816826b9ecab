// Cross-venue opportunities: the times in which one venue's bid is above another one's ask.
//
// The market is judged once a moment, after all quotes of one stamp. An opportunity of a pair (buy here, sell there)
// lasts from the first moment in which the bid there is above the ask here to the first in which it is not. What it is
// worth is stated twice: as it was when it began, which is what a taker without delay meets, and at its widest. Fees
// are the caller's.
//
// A quote older than `max_age` counts as gone: without it a venue that falls silent makes an opportunity of its last
// words. One thread. Quotes come in order of time; a price of 0 is an empty side.
#pragma once

#include <cstdint>
#include <vector>

#include "walras/core/time.hpp"
#include "walras/model/event.hpp"

namespace walras::book {

// What could be bought and sold at one moment. `size` is the smaller of both sides, in lots.
struct CrossedPrices {
    Price buy, sell;
    Quantity size;
    [[nodiscard]] Price edge() const { return sell - buy; }
};

struct Opportunity {
    TimeNs start{}, end{};
    std::uint32_t buy_venue = 0, sell_venue = 0;
    CrossedPrices first;   // as it began
    CrossedPrices widest;  // the first moment with the greatest edge
    TimeNs widest_time{};
    bool is_open = false;  // it lasted at the end of the data
};

class Opportunities {
public:
    // Throws ConfigError for fewer than two venues.
    explicit Opportunities(std::size_t venues, DurationNs max_age = DurationNs{INT64_MAX});

    // Throws DataError for a time before the last one and a venue that there is not.
    void update(TimeNs ts, std::size_t venue, const model::Quote& quote);
    // The end of the data: judges the last moment and closes what is open. Nothing may follow.
    void finish();

    // In order of their ends.
    [[nodiscard]] const std::vector<Opportunity>& found() const { return found_; }
    [[nodiscard]] std::int64_t moments() const { return moments_; }

private:
    struct Latest {
        model::Quote quote;
        TimeNs ts{};
        bool is_there = false;
    };

    void judge();
    void expire(TimeNs now);
    void close(std::size_t pair, TimeNs end, bool is_open);
    [[nodiscard]] TimeNs stale_from(const Latest& latest) const;

    std::vector<Latest> venues_;
    std::vector<Opportunity> open_;  // by buy venue x venues + sell venue
    std::vector<bool> is_open_;
    std::vector<Opportunity> found_;
    DurationNs max_age_;
    TimeNs now_ = time_min;
    std::int64_t moments_ = 0;
};

}  // namespace walras::book
