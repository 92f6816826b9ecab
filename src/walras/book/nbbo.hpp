// The national best bid and offer: the best bid and ask over several exchanges, who holds them and how much is there.
//
// Two kinds of feeds. Rows of exchanges (`RowsOf::exchange`): each row is an exchange's own quote, and the best is
// taken over all of them. National rows (`RowsOf::nation`): each row is already the nation's best of its side, with the
// name of the exchange that set it, and replaces the one before; so are LEAN's equity ticks.
//
// A row may be one-sided: with `is_one_sided` a price of 0 says nothing about its side, else it says that the side is
// empty. An exchange that has not spoken about a side for longer than `max_age` is left out until it speaks again: rows
// of one side cannot take a quote back, so that silence is the only sign.
//
// One thread. Rows come in order of time. At most 64 exchanges.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "walras/core/time.hpp"
#include "walras/model/event.hpp"

namespace walras::book {

enum class RowsOf : std::uint8_t { exchange, nation };

struct NbboConfig {
    std::size_t venues = 1;
    RowsOf rows = RowsOf::exchange;
    bool is_one_sided = false;
    DurationNs max_age{INT64_MAX};
};

// A side of the nation: price 0 where nobody quotes. Bit v of `venues`: exchange v is at the best price.
struct NationalSide {
    Price price{};
    Quantity size{};
    std::uint64_t venues = 0;
    auto operator<=>(const NationalSide&) const = default;
};

struct NationalQuote {
    NationalSide bid, ask;
    bool operator==(const NationalQuote&) const = default;
    [[nodiscard]] bool has_both() const { return bid.venues != 0 && ask.venues != 0; }
    [[nodiscard]] bool is_locked() const { return has_both() && bid.price == ask.price; }
    [[nodiscard]] bool is_crossed() const { return has_both() && bid.price > ask.price; }
    [[nodiscard]] model::Quote quote() const { return {bid.price, ask.price, bid.size, ask.size}; }
};

// How often and how long bid = ask (locked) and bid > ask (crossed). A time counts when the next row ends it.
struct NbboCounts {
    std::int64_t rows = 0;
    std::int64_t locked = 0, crossed = 0;  // times that it began
    DurationNs locked_time{}, crossed_time{};
    std::int64_t expired = 0;  // sides of exchanges that became too old
};

class Nbbo {
public:
    // Throws ConfigError.
    explicit Nbbo(const NbboConfig& config);

    // A row of exchange `venue`. True if the national quote is another one than before.
    // Throws DataError for a time before the last one, a venue beyond the number of them, a negative price or size.
    bool update(TimeNs ts, std::size_t venue, const model::Quote& quote);
    // It is `now`: quotes that are too old leave.
    bool advance_to(TimeNs now);

    [[nodiscard]] const NationalQuote& quote() const { return best_; }
    [[nodiscard]] const NbboCounts& counts() const { return counts_; }
    [[nodiscard]] const NbboConfig& config() const { return config_; }

private:
    struct Side {
        Price price{};
        Quantity size{};
        TimeNs ts{};
    };
    struct Venue {
        Side bid, ask;
    };

    void check(TimeNs ts, std::size_t venue, const model::Quote& quote) const;
    void count_until(TimeNs now);
    bool expire(TimeNs now);
    void set(Side Venue::* side, std::size_t venue, Price price, Quantity size, TimeNs ts);
    bool refresh();

    NbboConfig config_;
    std::vector<Venue> venues_;
    NationalQuote best_;
    NbboCounts counts_;
    TimeNs now_ = time_min;
    TimeNs oldest_ = time_max;  // no side is older
};

}  // namespace walras::book
