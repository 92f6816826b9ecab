// What a market's own agents send, put into order by a plain sort and played into the slow, obvious book: every trade
// and the whole book are the same, one by one and at a call by either rule.
#include <doctest/doctest.h>

#include <algorithm>

#include "walras/book/slow_auction.hpp"
#include "walras/sim/market_test.hpp"

namespace walras::sim {
namespace {

struct Recorder : MarketHook {
    std::vector<std::vector<Sent>> sent;
    void on_orders(std::span<const Sent> piece) override {
        for (const Sent& s : piece) { sent[s.symbol].push_back(s); }
    }
};

struct Print {
    OrderId taker{}, maker{};
    Price price{};
    Lots lots = 0;
    bool operator==(const Print&) const = default;
};

// Nobody may be short, so that no order waits for shares to borrow.
std::vector<GroupConfig> longs() {
    std::vector<GroupConfig> groups{{.kind = "market_maker", .name = "makers", .count = 16},
                                    {.kind = "noise", .name = "noise", .count = 240},
                                    {.kind = "zero_intelligence", .name = "zero", .count = 60, .shares = 200},
                                    {.kind = "metaorder_splitter", .name = "splitters", .count = 6},
                                    {.kind = "sector_rotator", .name = "rotators", .count = 20},
                                    {.kind = "timed", .name = "timed", .count = 40}};
    groups[0].parameters["bias"] = .02;
    groups[1].parameters["bias"] = .03;
    for (GroupConfig& group : groups) { group.max_short = 0; }
    return groups;
}

class Replay {
public:
    Replay(const MarketConfig& config, std::uint32_t s) : tick_(config.symbols[s].tick_size), book_(rules(config, s)) {
        is_auction_ = config.mechanism == Mechanism::auction;
        cancels_all_ = config.auction_rule == book::AuctionRule::weighted_reference;
    }

    void play(std::vector<Sent> sent) {
        std::stable_sort(sent.begin(), sent.end(), [](const Sent& a, const Sent& b) { return place(a) < place(b); });
        if (is_auction_) { book_.open_auction(book::AuctionKind::volatility); }
        std::vector<OrderId> behind_the_call;
        for (const Sent& s : sent) {
            if (s.is_cancel) {
                book_.cancel(s.id);
                continue;
            }
            book::NewOrder order;
            order.id = s.id;
            order.owner = book::OwnerId{s.agent + 1};
            order.terms.side = s.side;
            order.terms.type = model::OrderType::limit;
            order.terms.quantity = Quantity{s.lots};
            order.terms.price = Price{s.limit * tick_.raw};
            if (s.is_immediate && !is_auction_) { order.terms.time_in_force = model::TimeInForce::ioc; }
            if (is_auction_ && (s.is_immediate || cancels_all_)) { behind_the_call.push_back(s.id); }
            book_.submit(order);
        }
        if (is_auction_) {
            book_.uncross();
            for (const OrderId id : behind_the_call) { book_.cancel(id); }
        }
    }

    std::vector<Print> take_prints() {
        std::vector<Print> out;
        for (const book::MatchEvent& e : book_.events) {
            if (e.step == model::OrderStep::filled) { out.push_back({e.order, e.maker, e.price, e.quantity.lots}); }
        }
        book_.events.clear();
        return out;
    }

    [[nodiscard]] std::vector<book::DepthLevel> levels(OrderSide side) const {
        std::vector<book::DepthLevel> out;
        for (const auto& [price, queue] : side == OrderSide::buy ? book_.bids : book_.asks) {
            book::DepthLevel level{price, {}, static_cast<std::uint32_t>(queue.size())};
            for (const auto& entry : queue) { level.quantity.lots += entry.leaves(); }
            if (level.orders > 0) { out.push_back(level); }
        }
        if (side == OrderSide::buy) { std::reverse(out.begin(), out.end()); }
        return out;
    }

private:
    static std::uint64_t place(const Sent& s) { return std::uint64_t{s.key} / 2 * 2 + (s.is_cancel ? 0 : 1); }
    static book::MatchingEngineConfig rules(const MarketConfig& config, std::uint32_t s) {
        book::MatchingEngineConfig out;
        out.tick_size = config.symbols[s].tick_size;
        out.auction_rule = config.auction_rule;
        return out;
    }
    Price tick_;
    book::SlowBook book_;
    bool is_auction_ = false, cancels_all_ = false;
};

void compare(MarketConfig config, int ticks) {
    Market market(config, 2);
    Recorder recorder;
    recorder.sent.resize(config.symbols.size());
    market.add_hook(&recorder);
    std::vector<std::unique_ptr<Replay>> replays;
    replays.reserve(config.symbols.size());
    for (std::uint32_t s = 0; s < config.symbols.size(); ++s) {
        replays.push_back(std::make_unique<Replay>(config, s));
    }
    std::size_t trades = 0, cancels = 0, immediate = 0;
    for (int t = 0; t < ticks; ++t) {
        for (auto& sent : recorder.sent) { sent.clear(); }
        market.step();
        for (std::uint32_t s = 0; s < config.symbols.size(); ++s) {
            for (const Sent& each : recorder.sent[s]) {
                cancels += each.is_cancel ? 1U : 0U;
                immediate += each.is_immediate ? 1U : 0U;
            }
            replays[s]->play(recorder.sent[s]);
            std::vector<Print> printed;
            for (const TapeTrade& trade : market.symbol(s).tape()) {
                printed.push_back(
                    {trade.taker, trade.maker, Price{trade.price * config.symbols[s].tick_size.raw}, trade.lots});
            }
            INFO("tick ", t, ", symbol ", s);
            REQUIRE(printed == replays[s]->take_prints());
            trades += printed.size();
            for (const OrderSide side : {OrderSide::buy, OrderSide::sell}) {
                REQUIRE(market.symbol(s).engine().depth(side, SIZE_MAX) == replays[s]->levels(side));
            }
        }
    }
    CHECK(trades > static_cast<std::size_t>(ticks));
    // By the ancestor's rule nothing is left that could be canceled.
    const bool rests =
        config.mechanism == Mechanism::continuous || config.auction_rule == book::AuctionRule::max_volume;
    CHECK((cancels > static_cast<std::size_t>(ticks)) == rests);
    CHECK(immediate > 50);
}

TEST_CASE("a market's own flow trades in the slow, obvious book as it did in the market") {
    MarketConfig config = small_market(longs(), 2);
    config.news.sector.chance = .05;
    compare(config, 400);
}

TEST_CASE("a market's own flow, called once a tick, trades as in the auction that tries every price") {
    for (const auto rule : {book::AuctionRule::max_volume, book::AuctionRule::weighted_reference}) {
        MarketConfig config = small_market(longs(), 2);
        config.mechanism = Mechanism::auction;
        config.auction_rule = rule;
        config.news.sector.chance = .05;
        compare(config, 150);
    }
}

}  // namespace
}  // namespace walras::sim
