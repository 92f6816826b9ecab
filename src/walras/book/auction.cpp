#include "walras/book/auction.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include "walras/core/int128.hpp"
#include "walras/core/math.hpp"

namespace walras::book {

namespace {

std::int64_t lots_in(std::span<const AuctionLevel> levels) {
    return std::accumulate(levels.begin(), levels.end(), std::int64_t{0},
                           [](std::int64_t sum, const AuctionLevel& level) { return sum + level.lots; });
}

// A stretch of candidates at which the same lots meet.
struct Stretch {
    std::int64_t low = 0, high = 0;
    std::int64_t buys = 0, sells = 0;
    [[nodiscard]] std::int64_t volume() const { return std::min(buys, sells); }
    [[nodiscard]] std::int64_t surplus() const { return buys - sells; }
};

std::int64_t floor_tick(std::int64_t tick, const AuctionGrid& grid) {
    if (grid.table == nullptr || grid.table->empty()) { return tick; }
    return grid.table->floor(Price{tick * grid.tick_size.raw}).raw / grid.tick_size.raw;
}
std::int64_t ceil_tick(std::int64_t tick, const AuctionGrid& grid) {
    if (grid.table == nullptr || grid.table->empty()) { return tick; }
    return grid.table->ceil(Price{tick * grid.tick_size.raw}).raw / grid.tick_size.raw;
}

// Visits the stretches in ascending order: each limit by itself, then the ticks up to the next one.
template <class Visit>
void for_each_stretch(const AuctionBook& book, const AuctionGrid& grid, Visit&& visit) {
    std::size_t bid = book.bids.size();  // bids from the lowest up: [0, bid) lie above what was passed
    std::size_t ask = 0;
    Stretch at;
    at.buys = book.market_buys + lots_in(book.bids);
    at.sells = book.market_sells;
    bool is_first = true;
    std::int64_t before = 0;
    while (bid > 0 || ask < book.asks.size()) {
        const bool has_bid = bid > 0;
        const bool has_ask = ask < book.asks.size();
        const std::int64_t limit = has_bid && has_ask ? std::min(book.bids[bid - 1].tick, book.asks[ask].tick)
                                   : has_bid          ? book.bids[bid - 1].tick
                                                      : book.asks[ask].tick;
        if (!is_first && limit - before > 1) {
            at.low = ceil_tick(before + 1, grid);
            at.high = floor_tick(limit - 1, grid);
            if (at.low <= at.high) { visit(at); }
        }
        if (has_ask && book.asks[ask].tick == limit) { at.sells += book.asks[ask++].lots; }
        at.low = at.high = limit;
        visit(at);
        if (has_bid && book.bids[bid - 1].tick == limit) { at.buys -= book.bids[--bid].lots; }
        before = limit;
        is_first = false;
    }
}

// The mean of a side's limits by quantity: geometric, or arithmetic where a limit is not positive.
std::optional<double> mean_limit(std::span<const AuctionLevel> levels) {
    if (levels.empty()) { return std::nullopt; }
    const bool is_positive = std::ranges::all_of(levels, [](const AuctionLevel& level) { return level.tick > 0; });
    double sum = 0;
    double weight = 0;
    for (const AuctionLevel& level : levels) {
        const auto lots = static_cast<double>(level.lots);
        const auto tick = static_cast<double>(level.tick);
        sum += lots * (is_positive ? core::math::log(tick) : tick);
        weight += lots;
    }
    return is_positive ? core::math::exp(sum / weight) : sum / weight;
}

std::int64_t nearest(double value) {
    const auto below = static_cast<std::int64_t>(value < 0 ? value - 1 : value);
    const double over = value - static_cast<double>(below);
    return below + (over >= 1.5 ? 2 : over >= 0.5 ? 1 : 0);
}

}  // namespace

std::string_view to_string(AuctionRule value) {
    switch (value) {
        case AuctionRule::max_volume: return "max_volume";
        case AuctionRule::weighted_reference: return "weighted_reference";
    }
    return "unknown";
}

std::optional<AuctionRule> parse_auction_rule(std::string_view text) {
    for (const AuctionRule value : {AuctionRule::max_volume, AuctionRule::weighted_reference}) {
        if (to_string(value) == text) { return value; }
    }
    return std::nullopt;
}

AuctionOutcome uncross(const AuctionBook& book, std::optional<std::int64_t> reference, const AuctionGrid& grid) {
    if (book.bids.empty() && book.asks.empty()) {
        const std::int64_t volume = std::min(book.market_buys, book.market_sells);
        if (volume == 0 || !reference) { return {}; }
        return {reference, volume, book.market_buys - book.market_sells};
    }
    Stretch best;  // the candidates that lead so far
    bool only_buyers = false;
    bool only_sellers = false;
    for_each_stretch(book, grid, [&](const Stretch& at) {
        if (at.volume() == 0 || at.volume() < best.volume()) { return; }
        const bool leads = at.volume() > best.volume() || std::abs(at.surplus()) < std::abs(best.surplus());
        if (!leads && std::abs(at.surplus()) > std::abs(best.surplus())) { return; }
        if (leads) {
            best = at;
            only_buyers = only_sellers = true;
        }
        best.high = at.high;
        only_buyers = only_buyers && at.surplus() > 0;
        only_sellers = only_sellers && at.surplus() < 0;
    });
    if (best.volume() == 0) { return {}; }
    AuctionOutcome outcome;
    if (only_buyers) {
        outcome.tick = best.high;
    } else if (only_sellers) {
        outcome.tick = best.low;
    } else {
        const std::int64_t middle = best.low + (best.high - best.low) / 2;
        outcome.tick = floor_tick(std::clamp(reference.value_or(middle), best.low, best.high), grid);
    }
    outcome.volume = best.volume();
    std::int64_t buys = book.market_buys;
    std::int64_t sells = book.market_sells;
    for (const AuctionLevel& level : book.bids) { buys += level.tick >= *outcome.tick ? level.lots : 0; }
    for (const AuctionLevel& level : book.asks) { sells += level.tick <= *outcome.tick ? level.lots : 0; }
    outcome.surplus = buys - sells;
    return outcome;
}

WeightedOutcome weighted_reference(const AuctionBook& book, const WeightedReference& fallback) {
    const std::optional<double> bid = mean_limit(book.bids);
    const std::optional<double> ask = mean_limit(book.asks);
    std::optional<double> reference;
    if (bid && ask) {
        const auto bid_lots = static_cast<double>(lots_in(book.bids));
        const auto ask_lots = static_cast<double>(lots_in(book.asks));
        reference = *bid > *ask ? (*bid + *ask) / 2 : (*bid * ask_lots + *ask * bid_lots) / (bid_lots + ask_lots);
    } else if (fallback.mid && fallback.last) {
        reference = 0.7 * *fallback.mid + 0.3 * *fallback.last;
    } else {
        reference = fallback.mid ? fallback.mid : fallback.last ? fallback.last : fallback.initial;
    }
    if (!reference) { return {}; }
    WeightedOutcome outcome;
    outcome.reference = nearest(*reference);
    outcome.buys = book.market_buys;
    outcome.sells = book.market_sells;
    // Market orders to sell have no price of their own: they count at the reference.
    core::int128 value = static_cast<core::int128>(book.market_sells) * *outcome.reference;
    for (const AuctionLevel& level : book.bids) { outcome.buys += level.tick >= *outcome.reference ? level.lots : 0; }
    for (const AuctionLevel& level : book.asks) {
        if (level.tick > *outcome.reference) { break; }
        outcome.sells += level.lots;
        value += static_cast<core::int128>(level.lots) * level.tick;
    }
    if (outcome.volume() == 0) { return outcome; }
    // To the nearest tick, halves up.
    const core::int128 twice = 2 * value + outcome.sells;
    const core::int128 step = 2 * static_cast<core::int128>(outcome.sells);
    outcome.tick = static_cast<std::int64_t>(core::divide_floor(twice, step));
    return outcome;
}

std::vector<std::int64_t> pro_rata(std::span<const std::int64_t> lots, std::int64_t volume) {
    const std::int64_t total = std::accumulate(lots.begin(), lots.end(), std::int64_t{0});
    std::vector<std::int64_t> shares;
    shares.reserve(lots.size());
    core::int128 running = 0;
    std::int64_t given = 0;
    for (const std::int64_t each : lots) {
        running += each;
        const auto entitled = static_cast<std::int64_t>(running * volume / total);
        shares.push_back(entitled - given);
        given = entitled;
    }
    return shares;
}

}  // namespace walras::book
