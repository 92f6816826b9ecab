// Who waits for what. Agents of tier 2 sleep until one of their conditions holds; a tick costs what wakes, not what
// waits.
//
// One thread. Changes are handed in by agents during a tick and applied at its end, in the order of the pieces.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "walras/core/archive.hpp"
#include "walras/sim/kind.hpp"
#include "walras/sim/view.hpp"

namespace walras::sim {

enum class WakeOn : std::uint8_t {
    price_at_or_above,  // the last price of `symbol` reaches `price` from below
    price_at_or_below,  // ... from above
    at_tick,            // once, at tick `when`
    every_ticks,        // at `when`, and every `interval` ticks from then on
    news,               // news about `symbol`, its sector or all, of magnitude `magnitude` at least, breaks
};

struct Condition {
    WakeOn on = WakeOn::at_tick;
    std::uint32_t symbol = 0;
    Ticks price = 0;
    std::uint64_t when = 0;
    std::uint32_t interval = 0;
    double magnitude = 0;
    auto operator<=>(const Condition&) const = default;
};

struct ConditionChange {
    Agent agent = 0;
    bool is_add = true;
    Condition condition{};
};

class WakeIndex {
public:
    WakeIndex(std::span<const SymbolView> symbols, std::span<const Sector> sectors);

    void apply(const ConditionChange& change);
    // Who wakes, rising and each once: price conditions that the move from the last call's prices meets, times that
    // have come, news that broke in this tick. Conditions stay until they are taken back; `at_tick` ends.
    // A price condition that holds already when it is added wakes its agent at the next call.
    void collect(const MarketView& view, std::vector<Agent>& awake);
    // The last price of `symbol` is now `last`, between two calls of `collect`, which does not tell of it again: whose
    // price condition the move met, rising and each once.
    void move(std::uint32_t symbol, Ticks last, std::vector<Agent>& awake);
    [[nodiscard]] std::size_t size() const { return size_; }

    void save(core::ArchiveWriter& out) const;
    void load(core::ArchiveReader& in);

private:
    using ByPrice = std::map<Ticks, std::vector<Agent>>;
    struct OfSymbol {
        ByPrice above, below;
        Ticks last = 0;
        std::vector<std::pair<double, Agent>> news;
        Sector sector{};

        void move(Ticks to, std::vector<Agent>& awake);
    };
    struct Timed {
        Agent agent = 0;
        std::uint32_t interval = 0;  // 0: once
        bool operator==(const Timed&) const = default;
    };
    std::vector<OfSymbol> symbols_;
    std::map<std::uint64_t, std::vector<Timed>> times_;
    // Price conditions that held when they came.
    struct Fresh {
        Agent agent = 0;
        std::uint32_t symbol = 0;
        Ticks price = 0;
        std::uint64_t is_above = 0;
        bool operator==(const Fresh&) const = default;
    };
    std::vector<Fresh> fresh_;
    std::size_t size_ = 0;
};

}  // namespace walras::sim
