// Resting orders by price, then time: two ladders of levels, each level a queue of orders linked through a pool.
//
// One session owns a book; readers take `top()` copies. Orders are named by pool slots, which stay valid until
// released. Invariants: a level exists exactly while it has orders; its `lots` and `orders` are the sums over its
// queue; the queue is in order of arrival. The book itself may be crossed (a feed's may); the matching engine keeps
// best bid < best ask.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "walras/book/price_ladder.hpp"
#include "walras/core/big_memory.hpp"
#include "walras/core/check.hpp"
#include "walras/model/enums.hpp"

namespace walras::book {

using Ticks = std::int64_t;  // price in ticks
using Lots = std::int64_t;
using Slot = std::uint32_t;
inline constexpr Slot no_slot = UINT32_MAX;

static_assert(static_cast<int>(model::OrderSide::buy) == 0 && static_cast<int>(model::OrderSide::sell) == 1);
constexpr Rank to_rank(model::OrderSide side, Ticks tick) {
    const auto is_sell = static_cast<Ticks>(side);
    return (tick ^ -is_sell) + is_sell;  // -tick, where it sells
}
constexpr Ticks to_tick(model::OrderSide side, Rank rank) { return to_rank(side, rank); }

// One order in one cache line.
struct OrderNode {
    static constexpr std::uint8_t post_only = 1, reduce_only = 2, dormant = 4, triggered = 8, is_timed = 16;
    // Of the matching engine: a display quantity; waits for its auction; has no limit yet.
    static constexpr std::uint8_t iceberg = 32, parked = 64, unpriced = 128;

    std::uint64_t id = 0;
    Rank rank = 0;               // of the limit price
    Lots leaves = 0;             // quantity - filled
    Lots quantity = 0;           // total
    std::uint64_t sequence = 0;  // order of arrival
    Slot next = no_slot;         // behind it at its level; free slots are linked here too
    Slot previous = no_slot;
    std::uint32_t account = 0;
    Slot reduce_next = no_slot;  // the owner's resting reduce-only orders
    Slot reduce_previous = no_slot;
    model::OrderSide side = model::OrderSide::buy;
    model::OrderType type = model::OrderType::limit;
    model::TimeInForce time_in_force = model::TimeInForce::gtc;
    std::uint8_t flags = 0;

    [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
    [[nodiscard]] Ticks tick() const { return to_tick(side, rank); }
    [[nodiscard]] Lots filled() const { return quantity - leaves; }
};
static_assert(sizeof(OrderNode) == 64);

struct OrderLevel {
    Lots lots = 0;
    Slot head = no_slot;
    Slot tail = no_slot;
    std::uint32_t orders = 0;
};

struct TickDepth {
    Ticks tick = 0;
    Lots lots = 0;
    std::uint32_t orders = 0;
};

class OrderBook {
public:
    using Ladder = PriceLadder<OrderLevel>;

    // The first `kept` slots are the owner's to give: `allocate` and `release` leave them alone.
    OrderBook(std::size_t window_ticks, std::size_t expected_orders, std::size_t widest_window = 0,
              std::size_t kept = 0)
        : ladders_{Ladder(window_ticks, widest_window), Ladder(window_ticks, widest_window)} {
        nodes_.reserve(expected_orders + kept);
        nodes_.resize(kept);
    }

    [[nodiscard]] Ladder& ladder(model::OrderSide side) { return ladders_[static_cast<std::size_t>(side)]; }
    [[nodiscard]] const Ladder& ladder(model::OrderSide side) const { return ladders_[static_cast<std::size_t>(side)]; }
    [[nodiscard]] OrderNode& node(Slot slot) { return nodes_[slot]; }
    [[nodiscard]] const OrderNode& node(Slot slot) const { return nodes_[slot]; }
    [[nodiscard]] std::size_t slots() const { return nodes_.size(); }  // free ones have id 0

    // A node as it is made, at a slot of its own.
    Slot allocate() {
        if (free_ == no_slot) [[unlikely]] {
            nodes_.emplace_back();
            return static_cast<Slot>(nodes_.size() - 1);
        }
        const Slot slot = free_;
        free_ = nodes_[slot].next;
        nodes_[slot] = OrderNode{};
        return slot;
    }
    Slot allocate(const OrderNode& order) {
        if (free_ == no_slot) [[unlikely]] {
            nodes_.push_back(order);
            return static_cast<Slot>(nodes_.size() - 1);
        }
        const Slot slot = free_;
        free_ = nodes_[slot].next;
        nodes_[slot] = order;
        return slot;
    }
    void release(Slot slot) {
        nodes_[slot].id = 0;
        nodes_[slot].next = free_;
        free_ = slot;
    }

    void clear() {
        for (Ladder& side : ladders_) { side.clear(); }
        nodes_.clear();
        free_ = no_slot;
    }

    // Last at its price.
    void enqueue(Slot slot) {
        OrderNode& order = nodes_[slot];
        OrderLevel& level = ladder(order.side).open(order.rank);
        order.previous = level.tail;
        order.next = no_slot;
        choose(level.tail == no_slot, level.head, any_node(level.tail).next) = slot;
        level.tail = slot;
        ++level.orders;
        WALRAS_CHECK(!__builtin_add_overflow(level.lots, order.leaves, &level.lots),
                     "a level holds more than 2^63 lots");
    }
    void unlink(Slot slot) {
        const OrderNode& order = nodes_[slot];
        Ladder& side = ladder(order.side);
        OrderLevel& level = side.at(order.rank);
        level.lots -= order.leaves;
        choose(order.previous == no_slot, level.head, any_node(order.previous).next) = order.next;
        choose(order.next == no_slot, level.tail, any_node(order.next).previous) = order.previous;
        // The last order leaves its level as it was made.
        side.close_if(order.rank, --level.orders == 0);
    }
    // Keeps the place in the queue.
    void shrink(Slot slot, Lots leaves) {
        OrderNode& order = nodes_[slot];
        ladder(order.side).at(order.rank).lots -= order.leaves - leaves;
        order.leaves = leaves;
    }

    // Memory that will be needed is on its way into the cache: of an order, of its level and neighbours, of a level, of
    // the last order of a level and the next new one. Slots are guesses. Always inline, for gcc drops calls of
    // functions that do nothing but prefetch.
    [[gnu::always_inline]] void prefetch_order(Slot slot) const {
        __builtin_prefetch(nodes_.data() + (slot & (0U - std::uint32_t{slot != no_slot})), 1);
    }
    [[gnu::always_inline]] void prefetch_links(Slot slot) const {
        if (slot == no_slot) { return; }
        const OrderNode& order = nodes_[slot];
        prefetch_level(order.side, order.rank);
        prefetch_order(order.previous);
        prefetch_order(order.next);
    }
    [[gnu::always_inline]] void prefetch_level(model::OrderSide side, Rank rank) const {
        __builtin_prefetch(&ladder(side).near(rank), 1);
    }
    [[gnu::always_inline]] void prefetch_tail(model::OrderSide side, Rank rank) const {
        prefetch_order(ladder(side).near(rank).tail);
        prefetch_order(free_);
    }

    // Fills `out` best first and returns how many levels there were room and levels for.
    std::size_t depth(model::OrderSide side, std::span<TickDepth> out) const;
    [[nodiscard]] std::size_t level_count(model::OrderSide side) const;
    // Lots that trade before the order at `slot` does, at its own price.
    [[nodiscard]] Lots ahead_of(Slot slot) const;

    template <class Self>
    static void visit(Self& self, auto& archive) {  // core/archive.hpp
        for (auto& side : self.ladders_) { Ladder::visit(side, archive); }
        archive.array(self.nodes_);
        archive.value(self.free_);
    }

private:
    // One of two places, chosen without a branch: neighbours in a queue come and go at random.
    static Slot& choose(bool first, Slot& one, Slot& other) {
        const auto a = reinterpret_cast<std::uintptr_t>(&one);
        const auto b = reinterpret_cast<std::uintptr_t>(&other);
        // NOLINTNEXTLINE(performance-no-int-to-ptr): one of two addresses, without a branch
        return *reinterpret_cast<Slot*>(b ^ ((a ^ b) & (0 - std::uintptr_t{first})));
    }
    // The node at `slot`; of no slot some other one.
    [[nodiscard]] OrderNode& any_node(Slot slot) { return nodes_[slot & (0U - std::uint32_t{slot != no_slot})]; }

    std::array<Ladder, 2> ladders_;  // by side
    core::BigVector<OrderNode> nodes_;
    Slot free_ = no_slot;
};

}  // namespace walras::book
