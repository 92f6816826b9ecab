#include "walras/book/opportunities.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "walras/core/error.hpp"

namespace walras::book {

Opportunities::Opportunities(std::size_t venues, DurationNs max_age)
    : venues_(venues), open_(venues * venues), is_open_(venues * venues), max_age_(max_age) {
    if (venues < 2) {
        throw ConfigError(fmt::format("Opportunities across {} venues cannot be; give two at least.", venues));
    }
    if (max_age.ns <= 0) { throw ConfigError(fmt::format("max_age is {} ns; give a positive one.", max_age.ns)); }
}

// The first instant at which the quote is too old.
TimeNs Opportunities::stale_from(const Latest& latest) const {
    return latest.ts.ns > INT64_MAX - 1 - max_age_.ns ? time_max : latest.ts + max_age_ + DurationNs{1};
}

void Opportunities::close(std::size_t pair, TimeNs end, bool is_open) {
    Opportunity& opportunity = open_[pair];
    opportunity.end = end;
    opportunity.is_open = is_open;
    found_.push_back(opportunity);
    is_open_[pair] = false;
}

// What ended between two moments because a quote became too old, in order of time.
void Opportunities::expire(TimeNs now) {
    if (max_age_.ns == INT64_MAX) { return; }
    const std::size_t n = venues_.size();
    while (true) {
        TimeNs first = now;
        std::size_t which = n * n;
        for (std::size_t pair = 0; pair < n * n; ++pair) {
            if (!is_open_[pair]) { continue; }
            const TimeNs end = std::min(stale_from(venues_[pair / n]), stale_from(venues_[pair % n]));
            if (end < first) {
                first = end;
                which = pair;
            }
        }
        if (which == n * n) { return; }
        close(which, first, false);
    }
}

// All quotes of the moment `now_` are there.
void Opportunities::judge() {
    ++moments_;
    const std::size_t n = venues_.size();
    for (std::size_t buy = 0; buy < n; ++buy) {
        for (std::size_t sell = 0; sell < n; ++sell) {
            if (buy == sell) { continue; }
            const Latest& here = venues_[buy];
            const Latest& there = venues_[sell];
            const std::size_t pair = buy * n + sell;
            const CrossedPrices prices{here.quote.ask, there.quote.bid,
                                       std::min(here.quote.ask_size, there.quote.bid_size)};
            const bool exists = here.is_there && there.is_there && !prices.buy.is_zero() && prices.sell > prices.buy &&
                                now_ < stale_from(here) && now_ < stale_from(there);
            if (!exists) {
                if (is_open_[pair]) { close(pair, now_, false); }
                continue;
            }
            Opportunity& opportunity = open_[pair];
            if (!is_open_[pair]) {
                is_open_[pair] = true;
                opportunity = {};
                opportunity.start = now_;
                opportunity.buy_venue = static_cast<std::uint32_t>(buy);
                opportunity.sell_venue = static_cast<std::uint32_t>(sell);
                opportunity.first = opportunity.widest = prices;
                opportunity.widest_time = now_;
            } else if (prices.edge() > opportunity.widest.edge()) {
                opportunity.widest = prices;
                opportunity.widest_time = now_;
            }
        }
    }
}

void Opportunities::update(TimeNs ts, std::size_t venue, const model::Quote& quote) {
    if (ts < now_) {
        throw DataError(fmt::format("the quote at {} comes after one at {}; give rows in order of time",
                                    format_time(ts), format_time(now_)));
    }
    if (venue >= venues_.size()) {
        throw DataError(
            fmt::format("the venue {} is beyond the {} that there are; raise `venues`", venue, venues_.size()));
    }
    if (ts > now_) {
        if (now_ != time_min) { judge(); }
        expire(ts);
        now_ = ts;
    }
    venues_[venue] = {quote, ts, true};
}

void Opportunities::finish() {
    if (now_ == time_min) { return; }
    judge();
    for (std::size_t pair = 0; pair < is_open_.size(); ++pair) {
        if (is_open_[pair]) { close(pair, now_, true); }
    }
}

}  // namespace walras::book
