// Tier 3: everybody who is not an agent, as one sampler a symbol. A crowd of `PoolConfig::size` people sends orders on
// the passive side of mid, for whole hundreds of them a tick; its mood follows the news and fades.
//
// It has one purse and one pile of shares a symbol, and never promises more than it has. Orders are withdrawn after
// `order_life` ticks. One thread at a time works on a pool: that of its symbol. Draws depend on (seed, symbol, tick).
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <utility>
#include <vector>

#include "walras/core/archive.hpp"
#include "walras/core/fixed.hpp"
#include "walras/core/ids.hpp"
#include "walras/model/enums.hpp"
#include "walras/sim/config.hpp"
#include "walras/sim/reserve.hpp"
#include "walras/sim/view.hpp"

namespace walras::sim {

// Orders of the pool and of the world outside have ids above those of agents.
inline constexpr std::uint64_t pool_order = std::uint64_t{1} << 61;
inline constexpr std::uint64_t outside_order = std::uint64_t{1} << 62;

// What the pool wants of its market in a tick.
struct PoolOrder {
    OrderId id{};
    std::uint32_t key = 0;  // its place among the tick's orders
    bool is_cancel = false;
    model::OrderSide side = model::OrderSide::buy;
    Ticks limit = 0;
    Lots lots = 0;
};

class Pool {
public:
    Pool(const MarketConfig& config, std::uint32_t symbol);

    // Takes in the news of the tick, withdraws what is due and sends orders.
    std::span<const PoolOrder> act(const MarketView& view);
    // What became of them.
    void fill(OrderId order, Lots lots, Ticks price, bool is_maker);
    void end(OrderId order, Lots lots);

    // Fees that fills cost since the last call; the crowd pays what agents pay.
    Money take_fees() { return std::exchange(fees_, {}); }

    [[nodiscard]] Money cash() const { return cash_; }
    [[nodiscard]] Lots shares() const { return shares_; }
    [[nodiscard]] double sentiment() const { return sentiment_; }  // of the crowd, -1 .. 1
    // What it has won since the start at this price, as a fraction of what it started with.
    [[nodiscard]] double profit(Ticks price) const;
    // Not more than `sanity_limit` either way: a crowd that does is no crowd but a faulty market.
    [[nodiscard]] bool is_sane(Ticks price) const;

    void save(core::ArchiveWriter& out) const;
    void load(core::ArchiveReader& in);

private:
    struct Working {
        Ticks limit = 0;
        Lots leaves = 0;
        std::uint64_t expires = 0;
        std::uint64_t is_buy = 0;
    };
    void hear(const MarketView& view);
    void send(model::OrderSide side, Ticks limit, Lots lots, std::uint32_t key, std::uint64_t tick);
    void release(Working& order, Lots lots);
    [[nodiscard]] Working* find(OrderId order);
    [[nodiscard]] Money money_of(Ticks price, Lots lots) const {
        return Money{static_cast<core::int128>(price) * tick_size_.raw * lots};
    }

    // What a buy holds back: its limit and the taker's fee on it.
    [[nodiscard]] Money reserve_of(Ticks limit, Lots lots) const {
        return buy_reserve(Price{limit * tick_size_.raw}, taker_fee_, lots);
    }

    PoolConfig config_;
    std::uint64_t seed_;
    std::uint32_t symbol_;
    Price tick_size_;
    Rate maker_fee_, taker_fee_;
    double people_;  // that stand behind this symbol
    double activity_, contrarian_;
    double log_mean_, log_deviation_;  // of sizes
    Money cash_{}, reserved_{}, start_cash_{};
    Money fees_{};
    Lots shares_ = 0, selling_ = 0, start_shares_ = 0;
    double sentiment_ = 0;
    std::uint64_t first_ = 0;      // number of the oldest order in `working_`
    std::uint64_t due_ = 0;        // number of the oldest one that is not withdrawn
    std::deque<Working> working_;  // by number; what is over has no leaves
    std::vector<PoolOrder> orders_;
};

}  // namespace walras::sim
