#include "walras/book/nbbo.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "walras/core/decimal.hpp"
#include "walras/core/error.hpp"

namespace walras::book {

namespace {

constexpr std::size_t most_venues = 64;

// True if `price` is better than `than`: for the bid (`sign` 1) higher, for the ask (-1) lower.
bool is_better(Price price, Price than, int sign) { return sign > 0 ? price > than : price < than; }

}  // namespace

Nbbo::Nbbo(const NbboConfig& config) : config_(config), venues_(config.venues) {
    if (config.venues < 1 || config.venues > most_venues) {
        throw ConfigError(fmt::format("An NBBO of {} exchanges cannot be; give 1 to {}.", config.venues, most_venues));
    }
    if (config.max_age.ns <= 0) {
        throw ConfigError(fmt::format("max_age is {} ns; give a positive one.", config.max_age.ns));
    }
}

void Nbbo::check(TimeNs ts, std::size_t venue, const model::Quote& quote) const {
    if (ts < now_) {
        throw DataError(fmt::format("the quote at {} comes after one at {}; give rows in order of time",
                                    format_time(ts), format_time(now_)));
    }
    if (venue >= venues_.size()) {
        throw DataError(
            fmt::format("the exchange {} is beyond the {} that there are; raise `venues`", venue, venues_.size()));
    }
    if (quote.bid.raw < 0 || quote.ask.raw < 0 || quote.bid_size.lots < 0 || quote.ask_size.lots < 0) {
        throw DataError(fmt::format("the quote at {} has a negative price or size ({} x {}); repair or remove it",
                                    format_time(ts), core::format_fixed(quote.bid.raw),
                                    core::format_fixed(quote.ask.raw)));
    }
}

void Nbbo::count_until(TimeNs now) {
    if (now_ != time_min && now > now_) {
        if (best_.is_locked()) { counts_.locked_time = counts_.locked_time + (now - now_); }
        if (best_.is_crossed()) { counts_.crossed_time = counts_.crossed_time + (now - now_); }
    }
    now_ = now;
}

// Sides that are older than max_age leave, each at its own time, so that what they leave behind is timed right.
bool Nbbo::expire(TimeNs now) {
    bool is_changed = false;
    while (config_.max_age.ns != INT64_MAX && oldest_ != time_max && now - oldest_ > config_.max_age) {
        const TimeNs limit = oldest_;
        count_until(std::max(now_, limit + config_.max_age));
        oldest_ = time_max;
        for (Venue& venue : venues_) {
            for (Side* side : {&venue.bid, &venue.ask}) {
                if (side->price.is_zero()) { continue; }
                if (side->ts <= limit) {
                    *side = {};
                    ++counts_.expired;
                } else {
                    oldest_ = std::min(oldest_, side->ts);
                }
            }
        }
        is_changed |= refresh();
    }
    return is_changed;
}

void Nbbo::set(Side Venue::* side, std::size_t venue, Price price, Quantity size, TimeNs ts) {
    if (price.is_zero() && config_.is_one_sided) { return; }
    if (config_.rows == RowsOf::nation) {
        for (Venue& other : venues_) { other.*side = {}; }
    }
    venues_[venue].*side = {price, size, ts};
    if (!price.is_zero()) { oldest_ = std::min(oldest_, ts); }
}

// The best over all exchanges: a dozen of them are faster looked at than kept in order.
bool Nbbo::refresh() {
    NationalQuote best;
    for (std::size_t v = 0; v < venues_.size(); ++v) {
        const auto take = [v](NationalSide& national, const Side& side, int sign) {
            if (side.price.is_zero()) { return; }
            if (national.venues == 0 || is_better(side.price, national.price, sign)) {
                national = {side.price, side.size, std::uint64_t{1} << v};
            } else if (side.price == national.price) {
                national.size += side.size;
                national.venues |= std::uint64_t{1} << v;
            }
        };
        take(best.bid, venues_[v].bid, 1);
        take(best.ask, venues_[v].ask, -1);
    }
    if (best == best_) { return false; }
    counts_.locked += static_cast<std::int64_t>(best.is_locked() && !best_.is_locked());
    counts_.crossed += static_cast<std::int64_t>(best.is_crossed() && !best_.is_crossed());
    best_ = best;
    return true;
}

bool Nbbo::update(TimeNs ts, std::size_t venue, const model::Quote& quote) {
    check(ts, venue, quote);
    bool is_changed = expire(ts);
    count_until(ts);
    ++counts_.rows;
    set(&Venue::bid, venue, quote.bid, quote.bid_size, ts);
    set(&Venue::ask, venue, quote.ask, quote.ask_size, ts);
    is_changed |= refresh();
    return is_changed;
}

bool Nbbo::advance_to(TimeNs now) {
    if (now < now_) { return false; }
    const bool is_changed = expire(now);
    count_until(now);
    return is_changed;
}

}  // namespace walras::book
